package report

import (
	_ "embed"
	"encoding/csv"
	"io"
	"strconv"
	"text/template"
	"time"

	"github.com/rewave/rewave/internal/evaluation"
	"github.com/rewave/rewave/internal/holdout"
)

// LedgerRow is what a point knows of one enrollment. Enrollment and Customer are
// numbers of this installation, which say nothing to anybody else.
type LedgerRow struct {
	Enrollment, Customer int64
	Arm                  holdout.Arm
	EnteredAt            time.Time
	Round                int
	Anchor               *time.Time // nil: the wave was never planned for it
	Final                bool       // it is tested
	Orders, RevenueMinor int64
	RedeemedMinor        int64
	MessageMicros        int64
	ProfitMinor          *int64 // nil: the margin is not known
}

// columnsOfLedger are those of LedgerRow, in its order.
var columnsOfLedger = []string{"enrollment", "customer", "arm", "entered_at", "round", "anchor", "final", "orders", "revenue_minor", "redeemed_minor", "message_micros", "profit_minor"}

// Ledger writes the rows behind a point as CSV (RFC 4180, instants in UTC, money
// in minor units and messages in millionths of the main unit), one an enrollment
// and everyone assigned: who wants to add them up himself needs nothing else.
type Ledger struct {
	csv   *csv.Writer
	cells [12]string
}

// NewLedger writes the header.
func NewLedger(w io.Writer) (*Ledger, error) {
	l := &Ledger{csv: csv.NewWriter(w)}
	l.csv.UseCRLF = true
	return l, l.csv.Write(columnsOfLedger)
}

// Write writes a row.
func (l *Ledger) Write(r LedgerRow) error {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	anchor, final, profit := "", "0", ""
	if r.Anchor != nil {
		anchor = at(*r.Anchor)
	}
	if r.Final {
		final = "1"
	}
	if r.ProfitMinor != nil {
		profit = number(*r.ProfitMinor)
	}
	l.cells = [...]string{number(r.Enrollment), number(r.Customer), string(r.Arm), at(r.EnteredAt), strconv.Itoa(r.Round), anchor, final,
		number(r.Orders), number(r.RevenueMinor), number(r.RedeemedMinor), number(r.MessageMicros), profit}
	return l.csv.Write(l.cells[:])
}

// Close writes what is still to be written.
func (l *Ledger) Close() error {
	l.csv.Flush()
	return l.csv.Error()
}

// Recipe is what recomputing a point takes beside its ledger.
type Recipe struct {
	Campaign string
	Design   int
	Point    string
	AsOf     time.Time
	Digits   int // of the currency
	Few      Caps
	Many     Caps // with ManyHeld final in the holdout, or more
}

// Caps are what one enrollment counts for at most, in minor units; nil: no bound.
type Caps struct{ Revenue, Profit *int64 }

//go:embed recompute.R.tmpl
var recipe string

var recipeTemplate = template.Must(template.New("recompute.R").Funcs(template.FuncMap{
	"held": func() int { return evaluation.ManyHeld },
	"cap": func(minor *int64) string {
		if minor == nil {
			return "Inf"
		}
		return strconv.FormatInt(*minor, 10)
	},
	"utc": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}).Parse(recipe))

// R writes a script for R, without packages, that reads the ledger at a path and
// prints the figures of the point, one a line, as JSON has them.
func (r Recipe) R(w io.Writer, ledger string) error {
	return recipeTemplate.Execute(w, struct {
		Recipe
		Ledger string
	}{r, ledger})
}
