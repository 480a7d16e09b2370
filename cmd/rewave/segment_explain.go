package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/rules"
)

func (a *app) segmentExplain() *cobra.Command {
	var w whom
	var customer string
	var plan bool
	c := &cobra.Command{Use: "explain [SEGMENT]", Short: "A rule in words, for one customer, or as SQL", Args: operands,
		Long: `Says what a rule reads, and what that means; no server is needed for it.

With --customer: every condition with its values, true, false or unknown for
that customer at that time, those of named segments below them, and the verdict.
With --plan: what translates into SQL and what does not, the statement that
counts, and how PostgreSQL would run it.`,
		Example: `  rewave segment explain loyal
  rewave segment explain lapsed-vip --customer C-1042 --at "2026-11-12 00:00"
  rewave segment explain --rule "orders.overdue > 2" --plan`,
		RunE: func(c *cobra.Command, args []string) error {
			asks := c.Flags().Changed("customer")
			switch {
			case asks && plan:
				return fault.New(fault.Usage, named(c)+"--customer is about one customer and --plan about all: one of them", exampleWith(c, "--customer"))
			case asks && strings.TrimSpace(customer) == "":
				return fault.New(fault.Usage, named(c)+"--customer is empty", exampleWith(c, "--customer"))
			case !asks && !plan && w.at != "":
				return fault.New(fault.Usage, named(c)+"--at is for --customer or --plan: a rule means the same at any time", exampleWith(c, "--customer"))
			case !asks && !plan:
				return a.explainRule(&w, c, args)
			}
			q, err := w.ask(c.Context(), a, c, args)
			if err != nil {
				return err
			}
			defer q.close()
			if plan {
				return a.explainPlan(c.Context(), q)
			}
			return a.explainCustomer(c.Context(), q, customer)
		}}
	w.flags(c)
	c.Flags().StringVar(&customer, "customer", "", "`ID` of the customer in the shop")
	c.Flags().BoolVar(&plan, "plan", false, "show what SQL does of it, and how")
	return a.takesJSON(a.takesConfig(c))
}

// explained is what segment explain --json prints of a rule.
type explained struct {
	Segment  string         `json:"segment,omitempty"`
	Says     string         `json:"says,omitempty"`
	Rule     string         `json:"rule"`
	Reads    []rules.Field  `json:"reads"`
	Segments []namedSegment `json:"segments"` // that it names, also through others
}

func (a *app) explainRule(w *whom, c *cobra.Command, args []string) error {
	settings, err := config.Load(a.config, a.env)
	if err != nil {
		return err
	}
	m, err := w.meant(a, c, args, settings)
	if err != nil {
		return err
	}
	out := explained{Segment: m.Name, Says: m.Says, Rule: m.When, Reads: append([]rules.Field{}, m.program.Fields()...), Segments: []namedSegment{}}
	for _, name := range m.program.Needs().Segments {
		s, _ := m.library.Find(name) // it compiled
		out.Segments = append(out.Segments, namedSegmentOf(settings, s))
	}
	if a.json {
		return a.print(out)
	}
	lines := []string{m.title()}
	if m.Name != "" && m.Says != "" {
		lines = append(lines, wrap("  ", m.When))
	}
	if len(out.Reads) == 0 {
		lines = append(lines, "It reads nothing of a customer.")
	} else {
		lines = append(lines, "It reads:")
	}
	for _, f := range out.Reads {
		lines = append(lines, fieldLines("  ", f)...)
	}
	if len(out.Segments) > 0 {
		lines = append(lines, "It names:")
	}
	for _, l := range out.Segments {
		lines = append(lines, wrap("  "+l.Segment+": ", printable(l.Says)), wrap("    ", printable(l.When)))
	}
	_, err = fmt.Fprintln(a.stdout, strings.Join(lines, "\n"))
	return err
}

// planned is what segment explain --plan --json prints.
type planned struct {
	Segment   string   `json:"segment,omitempty"`
	Rule      string   `json:"rule"`
	At        string   `json:"at"`
	Exact     bool     `json:"exact"` // SQL alone decides
	Why       []string `json:"not_in_sql"`
	Statement string   `json:"statement"`
	Values    []any    `json:"values"` // of $1, $2 and so on in the statement
	Plan      string   `json:"plan"`
	Settled   bool     `json:"settled"` // no orders changed after that time; else the rule judges those customers
	Notes     []string `json:"notes"`
}

func (a *app) explainPlan(ctx context.Context, q *asking) error {
	p, err := q.engine.PlanSegment(ctx, q.program, q.at)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(planned{Segment: q.Name, Rule: q.When, At: timestamp(q.at), Exact: len(p.Why) == 0, Why: append([]string{}, p.Why...), Statement: p.Statement,
			Values: append([]any{}, p.Values...), Plan: p.Plan, Settled: p.Settled, Notes: q.notes})
	}
	lines := []string{q.title()}
	if len(p.Why) == 0 {
		lines = append(lines, "All of it translates into SQL.")
	} else {
		lines = append(lines, "SQL finds who may match, and the rule judges them one by one. Not in SQL:")
	}
	for _, reason := range p.Why {
		lines = append(lines, wrap("  - ", printable(reason)))
	}
	if !p.Settled {
		lines = append(lines, wrap("", "Customers whose orders changed after "+q.when()+" are judged by the rule one by one."))
	}
	lines = append(lines, "The statement:", "  "+p.Statement)
	if len(p.Values) > 0 {
		lines = append(lines, "with")
	}
	for i, v := range p.Values {
		lines = append(lines, fmt.Sprintf("  $%d = %s", i+1, printable(valueText(v))))
	}
	lines = append(lines, "PostgreSQL's plan:")
	for line := range strings.Lines(p.Plan) {
		lines = append(lines, "  "+strings.TrimRight(line, "\n"))
	}
	_, err = fmt.Fprintln(a.stdout, strings.Join(lines, "\n"))
	return err
}

// valueText is a value of a statement, as a person would write it.
func valueText(v any) string {
	switch v := v.(type) {
	case time.Time:
		return timestamp(v)
	case string:
		return strconv.Quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, text := range v {
			quoted[i] = strconv.Quote(text)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// explainedCustomer is what segment explain --customer --json prints.
type explainedCustomer struct {
	Segment  string            `json:"segment,omitempty"`
	Rule     string            `json:"rule"`
	Customer string            `json:"customer_id"`
	At       string            `json:"at"`
	Match    bool              `json:"match"`
	Unknown  string            `json:"unknown,omitempty"` // why the rule has no value
	Verdict  string            `json:"verdict"`
	Clauses  []explainedClause `json:"clauses"`
	Notes    []string          `json:"notes"`
}

type explainedClause struct {
	Text    string             `json:"text"`
	Holds   *bool              `json:"holds"` // null: unknown
	Unknown string             `json:"unknown,omitempty"`
	Values  []string           `json:"values"`
	Numbers map[string]float64 `json:"numbers,omitempty"` // the numbers among them, not rounded
	Inner   []explainedClause  `json:"inner,omitempty"`   // of the segment that it names
}

func explainedClauses(clauses []rules.Clause) []explainedClause {
	out := []explainedClause{}
	for _, c := range clauses {
		j := explainedClause{Text: c.Text, Values: append([]string{}, c.Values...), Numbers: c.Exact}
		if c.Err != nil {
			j.Unknown = c.Err.Error()
		} else {
			j.Holds = &c.True
		}
		if len(c.Inner) > 0 {
			j.Inner = explainedClauses(c.Inner)
		}
		out = append(out, j)
	}
	return out
}

func (a *app) explainCustomer(ctx context.Context, q *asking, customer string) error {
	clauses, match, wrong, found, err := q.engine.ExplainSegment(ctx, q.program, q.at, customer)
	if err != nil {
		return err
	}
	if !found {
		return fault.New(fault.NotFound, fmt.Sprintf("there is no customer %q", customer), "it is the shop's own id, as customer_id of the imports; rewave segment list shows some")
	}
	verdict := q.verdict(customer, clauses, match, wrong)
	if a.json {
		out := explainedCustomer{Segment: q.Name, Rule: q.When, Customer: customer, At: timestamp(q.at), Match: match, Verdict: verdict, Clauses: explainedClauses(clauses), Notes: q.notes}
		if wrong != nil {
			out.Unknown = wrong.Error()
		}
		return a.print(out)
	}
	var b strings.Builder
	b.WriteString(q.title() + "\n")
	if q.Name != "" && q.Says != "" {
		b.WriteString(wrap("  ", printable(q.When)) + "\n")
	}
	fmt.Fprintf(&b, "Customer %s, as of %s:\n", printable(customer), q.when())
	q.clauseText(&b, "  ", clauses)
	b.WriteString(wrap("", printable(verdict)) + "\n")
	_, err = io.WriteString(a.stdout, b.String())
	return err
}

// clauseText writes a line a condition, and below it what it read; those of a
// named segment are indented.
func (q *asking) clauseText(b *strings.Builder, indent string, clauses []rules.Clause) {
	for _, c := range clauses {
		is := "false  "
		if c.True {
			is = "true   "
		}
		if c.Err != nil {
			is = "unknown"
		}
		b.WriteString(wrap(indent+is+"  ", printable(c.Text)) + "\n")
		below := indent + "         "
		if c.Err != nil {
			b.WriteString(wrap(below, printable(c.Err.Error())) + "\n")
		}
		if len(c.Inner) > 0 {
			q.clauseText(b, indent+"    ", c.Inner)
			continue // its values are those of its conditions
		}
		for _, v := range c.Values {
			b.WriteString(wrap(below, printable(v)) + "\n")
		}
	}
}

// verdict says it in a sentence, and which condition decides where one does.
func (q *asking) verdict(customer string, clauses []rules.Clause, match bool, wrong error) string {
	into, left := "matches", "does not match"
	if q.Name != "" {
		into, left = "is in "+q.Name, "is not in "+q.Name
	}
	switch {
	case wrong != nil:
		return fmt.Sprintf("%s is left out: %s.", customer, wrong)
	case match:
		return fmt.Sprintf("%s %s.", customer, into)
	}
	and, or := q.program.Joins()
	fails := slices.IndexFunc(clauses, func(c rules.Clause) bool { return c.Err == nil && !c.True })
	switch {
	case !or && fails >= 0:
		return fmt.Sprintf("%s %s: %s is false.", customer, left, clauses[fails].Text)
	case !and:
		return fmt.Sprintf("%s %s: none of the conditions is true.", customer, left)
	}
	return fmt.Sprintf("%s %s: with these answers the rule as a whole is false.", customer, left)
}
