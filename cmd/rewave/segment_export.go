package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/order"
	"github.com/rewave/rewave/internal/postgres"
)

func (a *app) segmentExport() *cobra.Command {
	var w whom
	var out string
	var force, addresses bool
	c := &cobra.Command{Use: "export [SEGMENT]", Short: "Write the customers of a segment as CSV", Args: operands,
		Long: `Writes a row a customer, in the order in which they became known, with
what they had ordered by that time: amounts in the shop's currency, instants in
UTC. What a spreadsheet would take for a formula gets a leading ', which an
import takes away again. A --out file is there when it is whole.

Addresses are left out unless --addresses asks for them. Who is on the list has
not thereby agreed to be written to: campaigns and rewave send look at consent,
a list in other hands does not.`,
		Example: `  rewave segment export loyal > loyal.csv
  rewave segment export lapsed-vip --out lapsed.csv
  rewave segment export --rule "orders.count == 1" --addresses --out once.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("out") && strings.TrimSpace(out) == "" {
				return fault.New(fault.Usage, named(c)+"--out is empty, perhaps a variable that is not set", exampleWith(c, "--out"))
			}
			if force && out == "" {
				return fault.New(fault.Usage, named(c)+"--force is for a file that --out names", exampleWith(c, "--out"))
			}
			if _, err := os.Lstat(out); out != "" && !force && !errors.Is(err, os.ErrNotExist) {
				return fault.New(fault.Conflict, out+" is there already", "another name, or --force to replace it")
			}
			q, err := w.ask(c.Context(), a, c, args)
			if err != nil {
				return err
			}
			defer q.close()
			return a.export(c.Context(), q, out, addresses)
		}}
	w.flags(c)
	c.Flags().StringVar(&out, "out", "", "into this `FILE` (default stdout)")
	c.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	c.Flags().BoolVar(&addresses, "addresses", false, "with e-mail addresses and phone numbers")
	return a.takesConfig(c)
}

func (a *app) export(ctx context.Context, q *asking, out string, addresses bool) error {
	total, err := q.expected(ctx)
	if err != nil {
		return err
	}
	bar := a.progress("writing customers")
	defer bar.done()
	var answer engine.SegmentAnswer
	write := func(w io.Writer) error {
		buffered := bufio.NewWriterSize(w, 1<<16)
		e := &exporter{csv: csv.NewWriter(buffered), digits: order.Decimals(q.config.Shop.Currency), addresses: addresses}
		if err := e.csv.Write(e.header()); err != nil {
			return err
		}
		done := int64(0)
		answer, err = q.engine.EachMember(ctx, q.program, q.at, func(m *postgres.SegmentMember) error {
			if done++; done%1000 == 0 {
				bar.update(done, total)
			}
			return e.csv.Write(e.row(m))
		})
		if err != nil {
			return err
		}
		if e.csv.Flush(); e.csv.Error() != nil {
			return e.csv.Error()
		}
		return buffered.Flush()
	}
	to := "written"
	if out == "" {
		err = write(a.stdout)
	} else {
		to = "in " + out
		err = writeWhole(out, 0o600, write) // customers are nobody else's to read
	}
	if err != nil {
		return err
	}
	bar.done()
	said := fmt.Sprintf("%s %s, as of %s", count(int(answer.Matches), "customer"), to, q.when())
	if answer.Unknown > 0 {
		said += fmt.Sprintf("; %s left out, because something is unknown", thousands(int(answer.Unknown)))
	}
	_, err = fmt.Fprintln(a.stderr, wrap("", said))
	return err
}

// expected is how many rows there will be; -1 where only judging everybody could
// tell.
func (q *asking) expected(ctx context.Context) (int64, error) {
	p, err := q.engine.PlanSegment(ctx, q.program, q.at)
	if err != nil || len(p.Why) > 0 {
		return -1, err
	}
	answer, err := q.engine.CountSegment(ctx, q.program, q.at)
	return answer.Matches, err
}

// exporter writes the rows of customers.
type exporter struct {
	csv       *csv.Writer
	digits    int
	addresses bool
	cells     []string
}

func (e *exporter) header() []string {
	columns := []string{"customer_id", "first_name", "last_name"}
	if e.addresses {
		columns = append(columns, "email", "phone")
	}
	return append(columns, "locale", "region", "zone", "first_seen_at", "orders", "revenue", "first_order_at", "last_order_at")
}

// row is good until the next one.
func (e *exporter) row(m *postgres.SegmentMember) []string {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return timestamp(t)
	}
	maybe := func(text *string) string {
		if text == nil {
			return ""
		}
		return harmless(*text)
	}
	cells := append(e.cells[:0], harmless(m.Profile.ShopID), maybe(m.Profile.FirstName), maybe(m.Profile.LastName))
	if e.addresses {
		email, phone := m.Addresses()
		cells = append(cells, harmless(email), harmless(phone))
	}
	var first, last time.Time
	if m.Totals.Count > 0 {
		first, last = m.Totals.First, m.Totals.Last
	}
	e.cells = append(cells, harmless(m.Profile.Locale), harmless(m.Profile.Region), harmless(m.Profile.Zone), stamp(m.FirstSeen),
		strconv.Itoa(m.Totals.Count), decimals(m.Totals.Minor, e.digits), stamp(first), stamp(last))
	return e.cells
}

// harmless is a text that no spreadsheet takes for a formula.
func harmless(text string) string {
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 {
		return "'" + text
	}
	return text
}

// decimals is an amount of minor units as programs read it: 12.50.
func decimals(minor int64, digits int) string {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	text := strconv.FormatInt(minor, 10)
	if digits == 0 {
		return sign + text
	}
	for len(text) <= digits {
		text = "0" + text
	}
	return sign + text[:len(text)-digits] + "." + text[len(text)-digits:]
}
