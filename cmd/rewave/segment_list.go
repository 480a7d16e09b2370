package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/rules"
)

func (a *app) segmentList() *cobra.Command {
	var w whom
	var limit int
	c := &cobra.Command{Use: "list [SEGMENT]", Short: "The named segments, or the customers of one", Args: operands,
		Long: `Without a segment: those that have a name, the shop's own and those that ship,
and where they stand. Every file is checked; exit code 3 when one has faults. No
server is needed.

With a named segment or a --rule: its customers, in the order in which the shop
made them known, what they had ordered by that time, and how many more there
are.`,
		Example: `  rewave segment list
  rewave segment list lapsed-vip --limit 50
  rewave segment list --rule "orders.overdue > 2" --at "2026-11-12 00:00" --json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && !c.Flags().Changed("rule") {
				for _, flag := range []string{"at", "limit"} {
					if c.Flags().Changed(flag) {
						return fault.New(fault.Usage, named(c)+"--"+flag+" is about the customers of a segment: which one?", exampleWith(c, "--limit"))
					}
				}
				return a.listSegments()
			}
			if limit < 0 {
				return fault.New(fault.Usage, named(c)+"--limit must not be below 0", exampleWith(c, "--limit"))
			}
			q, err := w.ask(c.Context(), a, c, args)
			if err != nil {
				return err
			}
			defer q.close()
			return a.listCustomers(c.Context(), q, limit)
		}}
	w.flags(c)
	c.Flags().IntVar(&limit, "limit", 20, "show `NUMBER` of them")
	return a.takesJSON(a.takesConfig(c))
}

// namedSegment is what segment list --json prints of a segment.
type namedSegment struct {
	Segment string `json:"segment"`
	Says    string `json:"says,omitempty"`
	When    string `json:"when"`
	Own     bool   `json:"own"`            // false: it ships
	File    string `json:"file,omitempty"` // of one's own
}

func namedSegmentOf(c config.Config, s rules.Segment) namedSegment {
	l := namedSegment{Segment: s.Name, Says: s.Says, When: s.When}
	if file := segmentFile(c, s); isFile(file) {
		l.Own, l.File = true, file
	}
	return l
}

func (a *app) listSegments() error {
	c, err := config.Load(a.config, a.env)
	if err != nil {
		return err
	}
	library, err := segments(c)
	if err != nil {
		return err
	}
	out := []namedSegment{}
	for _, s := range library {
		out = append(out, namedSegmentOf(c, s))
	}
	if a.json {
		return a.print(out)
	}
	for _, l := range out {
		from := "ships"
		if l.Own {
			from = l.File
		}
		says := l.Says
		if says == "" {
			says = l.When
		}
		if _, err := fmt.Fprintf(a.stdout, "%s (%s)\n%s\n", l.Segment, from, wrap("  ", printable(says))); err != nil {
			return err
		}
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(filepath.FromSlash(path))
	return err == nil && !info.IsDir()
}

// member is what segment list --json prints of a customer.
type member struct {
	Customer     string  `json:"customer_id"`
	FirstName    *string `json:"first_name"` // null: not known
	LastName     *string `json:"last_name"`
	Region       string  `json:"region,omitempty"`
	Orders       int     `json:"orders"`
	RevenueMinor int64   `json:"revenue_minor"`
	LastOrder    string  `json:"last_order_at,omitempty"`
}

func (a *app) listCustomers(ctx context.Context, q *asking, limit int) error {
	first, answer, err := q.engine.FirstMembers(ctx, q.program, q.at, limit)
	if err != nil {
		return err
	}
	if !a.json {
		return q.listText(a.stdout, first, answer)
	}
	out := struct {
		Segment   string   `json:"segment,omitempty"`
		Rule      string   `json:"rule"`
		At        string   `json:"at"`
		Currency  string   `json:"currency"`
		Matches   int64    `json:"matches"`
		Unknown   int64    `json:"unknown"`
		Notes     []string `json:"notes"`
		Customers []member `json:"customers"`
	}{q.Name, q.When, timestamp(q.at), q.config.Shop.Currency, answer.Matches, answer.Unknown, q.notes, []member{}}
	for i := range first {
		m := &first[i]
		row := member{Customer: m.Profile.ShopID, FirstName: m.Profile.FirstName, LastName: m.Profile.LastName, Region: m.Profile.Region, Orders: m.Totals.Count, RevenueMinor: m.Totals.Minor}
		if m.Totals.Count > 0 {
			row.LastOrder = timestamp(m.Totals.Last)
		}
		out.Customers = append(out.Customers, row)
	}
	return a.print(out)
}

func (q *asking) listText(w io.Writer, first []postgres.SegmentMember, answer engine.SegmentAnswer) error {
	var b strings.Builder
	b.WriteString(q.title() + "\n")
	if len(first) > 0 {
		rows := [][]string{{"customer", "name", "region", "orders", "revenue", "last order"}}
		for i := range first {
			rows = append(rows, q.row(&first[i]))
		}
		for _, line := range table(rows, []bool{false, false, false, true, true, false}) {
			b.WriteString("  " + line + "\n")
		}
	}
	rest := "nobody matches"
	switch more := answer.Matches - int64(len(first)); {
	case more > 0 && len(first) > 0:
		rest = fmt.Sprintf("and %s more", thousands(int(more)))
	case more > 0:
		rest = count(int(more), "customer")
	case answer.Matches > 0:
		rest = "that is all"
	}
	rest += ", as of " + q.when()
	if answer.Unknown > 0 {
		rest += fmt.Sprintf("; %s left out, because something is unknown", thousands(int(answer.Unknown)))
	}
	b.WriteString(wrap("  ", rest) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (q *asking) row(m *postgres.SegmentMember) []string {
	name, last := "", ""
	for _, part := range []*string{m.Profile.FirstName, m.Profile.LastName} {
		if part != nil {
			name += " " + *part
		}
	}
	if m.Totals.Count > 0 {
		last = m.Totals.Last.In(q.config.Shop.Zone).Format(time.DateOnly)
	}
	cell := func(text string, most int) string {
		letters := []rune(printable(strings.TrimSpace(text)))
		if cells(string(letters)) <= most {
			return string(letters)
		}
		for cells(string(letters)) > most-1 {
			letters = letters[:len(letters)-1]
		}
		return string(append(letters, '…'))
	}
	return []string{printable(m.Profile.ShopID), cell(name, 20), cell(m.Profile.Region, 8), thousands(m.Totals.Count), money(m.Totals.Minor, q.config.Shop.Currency), last}
}

// cells is how many columns a text takes on a terminal: two for each letter of East Asia,
// none for an accent on the one before.
func cells(text string) (n int) {
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana), r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff60:
			n += 2
		default:
			n++
		}
	}
	return n
}

// table aligns columns, those of right to the right.
func table(rows [][]string, right []bool) []string {
	wide := make([]int, len(right))
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], cells(cell))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			room := strings.Repeat(" ", wide[i]-cells(cell))
			if right[i] {
				b.WriteString(room + cell + "  ")
			} else {
				b.WriteString(cell + room + "  ")
			}
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}
