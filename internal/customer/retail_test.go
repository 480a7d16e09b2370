package customer_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/order"
)

// dataSet is a file of the folder of real data sets that REWAVE_DATA names.
func dataSet(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("REWAVE_DATA")
	if root == "" {
		t.Skip("NOT TESTED: set REWAVE_DATA to the folder of real data sets")
	}
	return filepath.Join(append([]string{root}, path...)...)
}

// onlineRetail is the UCI Online Retail file by customer: an entry for each
// invoice, money in ten-thousandths of a pound, by the rules its reference names.
func onlineRetail(t testing.TB) map[string][]customer.Entry {
	t.Helper()
	dataSet(t) // skips
	entries, err := readRetail()
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

var readRetail = sync.OnceValues(func() (map[string][]customer.Entry, error) {
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
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil { // the header
		return nil, err
	}
	type invoice struct{ customer, number string }
	invoices := map[invoice]*customer.Entry{}
	for {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if row[6] == "" {
			continue
		}
		quantity, err := strconv.ParseInt(row[3], 10, 64)
		if err != nil {
			return nil, err
		}
		price, err := order.ParsePrice([]byte(row[5]))
		if err != nil {
			return nil, err
		}
		at, err := time.Parse(time.DateTime, row[4])
		if err != nil {
			return nil, err
		}
		key := invoice{strings.Clone(row[6]), strings.Clone(row[0])}
		entry := invoices[key]
		if entry == nil {
			entry = &customer.Entry{Day: customer.Day(at), Order: !strings.HasPrefix(row[0], "C")}
			invoices[key] = entry
		}
		entry.Money += quantity * int64(price)
	}
	byCustomer := map[string][]customer.Entry{}
	for key, entry := range invoices {
		byCustomer[key.customer] = append(byCustomer[key.customer], *entry)
	}
	return byCustomer, nil
})

// purchaseDays is each customer's days with an order, in order; customers are in
// the order of their ids.
func purchaseDays(entries map[string][]customer.Entry) [][]int {
	var all [][]int
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		var days []int
		for _, e := range entries[id] {
			if e.Order {
				days = append(days, e.Day)
			}
		}
		if len(days) > 0 {
			slices.Sort(days)
			all = append(all, slices.Compact(days))
		}
	}
	return all
}

// retailReference reads what was worked out from the file with Python and R.
func retailReference(t testing.TB, into any) {
	t.Helper()
	text, err := os.ReadFile(dataSet(t, "online_retail", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// date is the day of a date such as 2011-12-10.
func date(t testing.TB, text string) int {
	t.Helper()
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return customer.Day(at)
}
