package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/coupon"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/source"
)

func (a *app) coupon() *cobra.Command {
	c := &cobra.Command{Use: "coupon", Short: "Pools of codes that waves give away",
		Long: `A pool is a set of codes on the same terms. A wave that names it gives each
delivery one code, once; orders that name a code are matched to it when they
are imported.`,
		Example: `  rewave coupon generate d11-20-off --count 5000 --kind amount --value 20
  rewave coupon import d11-20-off codes-of-the-shop.csv
  rewave coupon status`}
	c.AddCommand(a.takesJSON(a.takesConfig(a.couponGenerate())), a.takesJSON(a.takesConfig(a.couponImport())), a.takesJSON(a.takesConfig(a.couponStatus())))
	return c
}

const termsHelp = `A new pool needs its --kind: amount (off the order), percent, free_shipping or
gift, and for the first two a --value. A pool keeps its terms for ever; to add
codes to it leave them out.`

// termFlags are the terms of a pool as a person says them.
type termFlags struct {
	kind, value, atMost, minSpend, currency, from, until, says string
	perCustomer                                                int
}

func (f *termFlags) flags(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.kind, "kind", "", "`KIND` amount, percent, free_shipping or gift")
	flags.StringVar(&f.value, "value", "", "`WORTH` of a code: 20, or 10% of a percent; of shipping and gifts, their cost")
	flags.StringVar(&f.atMost, "at-most", "", "`MONEY` that a percent takes off an order at most (default no bound)")
	flags.StringVar(&f.minSpend, "min-spend", "", "`MONEY` that an order must reach, as the shop holds it to")
	flags.StringVar(&f.currency, "currency", "", "`CODE` of all money here, such as EUR (default the shop's)")
	flags.StringVar(&f.from, "valid-from", "", "`TIME` in the shop's zone from which codes count, \"2026-11-12 00:00\"")
	flags.StringVar(&f.until, "until", "", "`TIME` before which codes are given and count (default no end)")
	flags.IntVar(&f.perCustomer, "per-customer", 1, "`N` codes of the pool that one customer may ever be given")
	flags.StringVar(&f.says, "says", "", "`WORDS` for people: what the pool is for")
}

// said tells whether any of the terms was.
func (f *termFlags) said(c *cobra.Command) bool {
	for _, name := range []string{"kind", "value", "at-most", "min-spend", "currency", "valid-from", "until", "per-customer"} {
		if c.Flags().Changed(name) {
			return true
		}
	}
	return false
}

// pool is the pool that the flags speak of: the one that is there, where they
// leave the terms out.
func (f *termFlags) pool(c *cobra.Command, l *live, name string) (coupon.Pool, error) {
	try := func(why string) error {
		return fault.New(fault.Usage, named(c)+why, firstExample(c))
	}
	if !f.said(c) {
		p, err := l.store.CouponPool(c.Context(), name)
		if missing, ok := fault.Of(err); ok && missing.Code == fault.NotFound {
			return p, try(fmt.Sprintf("there is no pool %q yet: a new one needs its --kind", name))
		}
		p.Says = f.says
		return p, err
	}
	p := coupon.Pool{Name: name, Says: f.says, Kind: coupon.Kind(f.kind), PerCustomer: f.perCustomer}
	if !slices.Contains(coupon.Kinds, p.Kind) {
		return p, try(fmt.Sprintf("there is no --kind %q; there are amount, percent, free_shipping and gift", f.kind))
	}
	if err := f.terms(&p, l); err != nil {
		return p, fault.New(fault.Usage, named(c)+err.Error(), exampleWith(c, "--kind "+f.kind))
	}
	if err := p.Check(); err != nil {
		return p, try(err.Error())
	}
	return p, nil
}

func (f *termFlags) terms(p *coupon.Pool, l *live) error {
	currency := strings.ToUpper(f.currency)
	if currency == "" && l.config.File != "" {
		currency = l.config.Shop.Currency
	}
	known := len(currency) == 3 && strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	if f.currency != "" && !known {
		return fmt.Errorf("%q is not a currency: a code of three letters, such as EUR", f.currency)
	}
	if p.Kind == coupon.Percent && known {
		p.Currency = currency // what it took off is counted in it
	}
	// money is nil for what is not said.
	money := func(flag, text string) (*int64, error) {
		if text == "" {
			return nil, nil
		}
		if !known {
			return nil, fmt.Errorf("--%s: say in which --currency", flag)
		}
		units, err := source.ParseDecimal(text, order.Decimals(currency))
		if err != nil {
			return nil, fmt.Errorf("--%s: %s", flag, reason(err))
		}
		p.Currency = currency
		return &units, nil
	}
	var err error
	switch {
	case p.Kind == coupon.Percent:
		if p.Percent, err = source.ParseShare(f.value); err != nil {
			return fmt.Errorf("--value: %s: %s", reason(err), advice(err))
		}
	default:
		if p.Value, err = money("value", f.value); err != nil {
			return err
		}
	}
	if p.AtMost, err = money("at-most", f.atMost); err != nil {
		return err
	}
	if p.MinSpend, err = money("min-spend", f.minSpend); err != nil {
		return err
	}
	for _, bound := range []struct {
		flag, text string
		to         *time.Time
	}{{"valid-from", f.from, &p.From}, {"until", f.until, &p.Until}} {
		if bound.text == "" {
			continue
		}
		at, err := calendar.ParseDateTime(strings.TrimSpace(bound.text))
		if err != nil {
			return fmt.Errorf("--%s: %s", bound.flag, reason(err))
		}
		*bound.to = calendar.Instant(at.Date, at.Clock, l.config.Shop.Zone)
	}
	return nil
}

// reason is what is wrong, without what to do about it.
func reason(err error) string {
	if f, ok := fault.Of(err); ok {
		return f.Message
	}
	return err.Error()
}

// advice is what to do about what is wrong.
func advice(err error) string {
	if f, ok := fault.Of(err); ok && f.Hint != "" {
		return f.Hint
	}
	return "for example 10%"
}

// exampleWith is the first example that holds a text, else the first.
func exampleWith(c *cobra.Command, text string) string {
	for line := range strings.Lines(c.Example) {
		if strings.Contains(line, text) {
			return strings.TrimSpace(line)
		}
	}
	return firstExample(c)
}

func (a *app) couponGenerate() *cobra.Command {
	var terms termFlags
	var n int
	c := &cobra.Command{Use: "generate POOL", Short: "Make codes that nobody can guess", Args: operands,
		Long: `Makes codes and writes them to stdout, one a line, for the shop system; none is
in the pool that was not written. They have no 0, O, 1 or I, end in a check
character, and are so long that at most one guess in 10,000,000,000 hits.

` + termsHelp,
		Example: `  rewave coupon generate d11 --count 5000 --kind amount --value 20 > d11.csv
  rewave coupon generate d11 --count 1000 > more.csv
  rewave coupon generate ten --count 9 --kind percent --value 10% --at-most 50`,
		RunE: func(c *cobra.Command, args []string) error {
			if n < 1 || n > coupon.Most {
				return fault.New(fault.Usage, fmt.Sprintf("%s--count must say how many codes, 1 to %s", named(c), thousands(coupon.Most)), firstExample(c))
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			pool, err := terms.pool(c, l, args[0])
			if err != nil {
				return err
			}
			total, err := l.store.GenerateCoupons(c.Context(), pool, n, rand.Reader, func(codes []string, total int) error {
				return a.writeCodes(pool.Name, codes, total)
			})
			if err != nil || a.json {
				return err
			}
			fmt.Fprintln(a.stderr, wrap(pool.Name+": ", fmt.Sprintf("%s new, %s in all; one guess in %s hits one", count(n, "code"), thousands(total), thousands(coupon.GuessesAHit(total)))))
			return nil
		}}
	c.Flags().IntVar(&n, "count", 0, "`N` codes to make")
	terms.flags(c)
	return c
}

func (a *app) writeCodes(pool string, codes []string, total int) error {
	if a.json {
		return a.print(struct {
			Pool        string   `json:"pool"`
			Codes       []string `json:"codes"`
			Total       int      `json:"total"`
			GuessesAHit int      `json:"guesses_a_hit"`
		}{pool, codes, total, coupon.GuessesAHit(total)})
	}
	out := bufio.NewWriter(a.stdout)
	for _, code := range codes {
		out.WriteString(code + "\n") //nolint:errcheck // Flush returns the first error
	}
	return out.Flush()
}

func (a *app) couponImport() *cobra.Command {
	var terms termFlags
	var rejects string
	c := &cobra.Command{Use: "import POOL FILE", Short: "Bring in codes that the shop system made", Args: operands,
		Long: `Reads one code a line, 4 to 40 capitals A to Z and digits, with a heading or
without. The same file again changes nothing. What is no code, stands there
twice or is of another pool goes to a reject file with its line and reason.

` + termsHelp,
		Example: `  rewave coupon import d11 codes.csv --kind amount --value 20 --min-spend 100
  rewave coupon import d11 more-codes.csv
  rewave coupon import card codes.csv --kind free_shipping --value 4.90`,
		RunE: func(c *cobra.Command, args []string) error {
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			text, err := os.ReadFile(args[1])
			if err != nil {
				return unreadable(args[1], err)
			}
			pool, err := terms.pool(c, l, args[0])
			if err != nil {
				return err
			}
			return a.importCodes(c.Context(), l, pool, args[1], text, rejects)
		}}
	terms.flags(c)
	c.Flags().StringVar(&rejects, "rejects", "", "`FILE` for lines that are not added (default beside it, .rejects.csv)")
	return c
}

func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fault.New(fault.NotFound, "there is no file "+path, "")
	case errors.Is(err, os.ErrPermission):
		return fault.New(fault.Denied, "no permission to read "+path, "")
	}
	return fault.Wrap(fault.Invalid, err, "cannot read "+path, "")
}

func (a *app) importCodes(ctx context.Context, l *live, pool coupon.Pool, file string, text []byte, rejectsFile string) error {
	written, rejects := coupon.ReadList(text)
	codes := make([]string, len(written))
	for i, w := range written {
		codes[i] = w.Code
	}
	added, err := l.store.AddCoupons(ctx, pool, codes)
	if err != nil {
		return err
	}
	for _, w := range written {
		if other, is := added.Elsewhere[w.Code]; is {
			rejects = append(rejects, coupon.Reject{Line: w.Line, Text: w.Code, Why: "of the pool " + other})
		}
	}
	slices.SortFunc(rejects, func(x, y coupon.Reject) int { return x.Line - y.Line })
	if rejectsFile == "" {
		rejectsFile = file + ".rejects.csv"
	}
	if err := writeRejects(rejectsFile, rejects); err != nil {
		return err
	}
	out := struct {
		Pool     string         `json:"pool"`
		Read     int            `json:"read"`
		New      int            `json:"new"`
		Known    int            `json:"known"`
		Burnt    int            `json:"burnt"`
		Rejected int            `json:"rejected"`
		By       map[string]int `json:"rejected_by"`
		File     string         `json:"rejects_file,omitempty"`
	}{pool.Name, added.New + added.Known + len(rejects), added.New, added.Known, added.Burnt, len(rejects), map[string]int{}, ""}
	for _, r := range rejects {
		out.By[r.Why]++
	}
	if out.Rejected > 0 {
		out.File = rejectsFile
	}
	if a.json {
		err = a.print(out)
	} else {
		fmt.Fprintln(a.stdout, wrap(pool.Name+": ", fmt.Sprintf("%s read, %s new, %s as they were, %s rejected", count(out.Read, "code"), thousands(out.New), thousands(out.Known), thousands(out.Rejected))))
		if out.Burnt > 0 {
			fmt.Fprintln(a.stdout, wrap("  ", fmt.Sprintf("%s named by an order already: nobody will be given one of them", count(out.Burnt, "new code"))))
		}
		if out.Rejected > 0 {
			fmt.Fprintln(a.stdout, wrap("  ", "rejected: "+byReason(out.By)))
			fmt.Fprintln(a.stdout, wrap("  ", "see "+out.File))
		}
	}
	if err == nil && added.New+added.Known == 0 {
		err = fault.New(fault.NotFound, filepath.Base(file)+" has no code that can be added", "")
	}
	return err
}

// writeRejects writes what was not added in the form of every import.
func writeRejects(path string, rejects []coupon.Reject) error {
	if len(rejects) == 0 {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return fault.Wrap(fault.Denied, err, "the codes were added, but the rejects cannot be written to "+path, "say where with --rejects FILE")
	}
	rows := [][]string{{"line", "reason", "row"}}
	for _, r := range rejects {
		rows = append(rows, []string{strconv.Itoa(r.Line), r.Why, inert(r.Text)})
	}
	out := csv.NewWriter(file)
	if err := errors.Join(out.WriteAll(rows), file.Close()); err != nil {
		return fmt.Errorf("codes added, but the rejects in %s are incomplete: %w", path, err)
	}
	return nil
}

// inert keeps a spreadsheet from taking a text for a formula.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\x00", rune(text[0])) {
		return "'" + text
	}
	return text
}
