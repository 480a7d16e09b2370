package assortment_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/assortment"
	"github.com/rewave/rewave/internal/order"
)

// near holds got to want within a relative tolerance, absolute below 1e-12.
func near(t testing.TB, name string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > max(tolerance*math.Abs(want), 1e-12) {
		t.Errorf("%s = %.13g, want %.13g", name, got, want)
	}
}

// dataSet is a file of the folder of real data sets that REWAVE_DATA names.
func dataSet(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("REWAVE_DATA")
	if root == "" {
		t.Skip("NOT TESTED: set REWAVE_DATA to the folder of real data sets")
	}
	return filepath.Join(append([]string{root}, path...)...)
}

// reference reads what was worked out from a data set with other programs.
func reference(t testing.TB, set string, into any) {
	t.Helper()
	text, err := os.ReadFile(dataSet(t, set, "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// groceries is 9,835 baskets of a month (Hahsler, Hornik and Reutterer 2006).
func groceries(t testing.TB) [][]string {
	t.Helper()
	file, err := os.Open(dataSet(t, "groceries", "groceries.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows := csv.NewReader(file)
	rows.FieldsPerRecord = -1
	baskets, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return baskets
}

// onlineRetail is the orders of UCI Online Retail by the rules that its reference
// names for pairs. Money is ten-thousandths of a pound of revenue, as costs are
// not known; so a product's contribution is its price.
func onlineRetail(t testing.TB) []assortment.Order {
	t.Helper()
	dataSet(t) // skips
	orders, err := readRetail()
	if err != nil {
		t.Fatal(err)
	}
	return orders
}

var readRetail = sync.OnceValues(func() ([]assortment.Order, error) {
	file, err := os.Open(filepath.Join(os.Getenv("REWAVE_DATA"), "online_retail", "online_retail.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(unzipped)
	if _, err := rows.Read(); err != nil { // the header
		return nil, err
	}
	product := regexp.MustCompile(`^[0-9]{5}[A-Z]*$`)
	places := map[string]int{}
	var orders []assortment.Order
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return orders, nil
		}
		if err != nil {
			return nil, err
		}
		if _, err := strconv.Atoi(row[0]); err != nil { // a cancellation or an adjustment
			continue
		}
		quantity, err1 := strconv.ParseInt(row[3], 10, 64)
		price, err2 := order.ParsePrice([]byte(row[5]))
		at, err3 := time.Parse(time.DateTime, row[4])
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		code := strings.ToUpper(row[1])
		if quantity <= 0 || price <= 0 || !product.MatchString(code) {
			continue
		}
		place, ok := places[row[0]]
		if !ok {
			place = len(orders)
			places[row[0]] = place
			orders = append(orders, assortment.Order{ID: row[0], Customer: row[6], Day: int(at.Unix() / 86400)})
		}
		orders[place].Lines = append(orders[place].Lines, assortment.Line{
			Product: code, Units: quantity, Contribution: quantity * int64(price), Costed: true,
		})
	}
})

// productsOf is the products of each order.
func productsOf(orders []assortment.Order) [][]string {
	baskets := make([][]string, len(orders))
	for i, o := range orders {
		for _, line := range o.Lines {
			baskets[i] = append(baskets[i], line.Product)
		}
	}
	return baskets
}
