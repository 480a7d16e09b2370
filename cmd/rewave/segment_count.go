package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/engine"
)

func (a *app) segmentCount() *cobra.Command {
	var w whom
	c := &cobra.Command{Use: "count [SEGMENT]", Short: "How many customers match, and who is left out", Args: operands,
		Long: `Counts whom a named segment or a --rule means, of all customers at that time.
Those for whom the rule reads something unknown are left out and counted, with
the commonest reasons. Says how it was found: by SQL alone, or how many of them
the rule judged one by one, and why.`,
		Example: `  rewave segment count loyal
  rewave segment count --rule "orders.count == 1" --at "2026-11-12 00:00"
  rewave segment count loyal --json`,
		RunE: func(c *cobra.Command, args []string) error {
			q, err := w.ask(c.Context(), a, c, args)
			if err != nil {
				return err
			}
			defer q.close()
			answer, err := q.engine.CountSegment(c.Context(), q.program, q.at)
			if err != nil {
				return err
			}
			if q.customers, err = q.engine.CountCustomers(c.Context(), q.at); err != nil {
				return err
			}
			// SQL has only counted those left out: the first of them are asked why.
			why := answer
			if told(answer) < answer.Unknown {
				if why, err = q.engine.WhyUnknown(c.Context(), q.program, q.at, asksWhy); err != nil {
					return err
				}
				if why.Reasons == nil {
					why.Reasons = map[string]int64{}
				}
				for reason, n := range answer.Reasons {
					why.Reasons[reason] += n
				}
			}
			if a.json {
				return a.print(countedOf(q, answer, why))
			}
			return q.countText(a.stdout, answer, why)
		}}
	w.flags(c)
	return a.takesJSON(a.takesConfig(c))
}

// asksWhy is how many of those left out are asked why at most.
const asksWhy = 1000

// told is for how many a reason is known.
func told(a engine.SegmentAnswer) (n int64) {
	for _, count := range a.Reasons {
		n += count
	}
	return n
}

// counted is what segment count --json prints.
type counted struct {
	Segment   string          `json:"segment,omitempty"`
	Rule      string          `json:"rule"`
	At        string          `json:"at"`
	Customers int64           `json:"customers"`
	Matches   int64           `json:"matches"`
	Unknown   int64           `json:"unknown"`
	Asked     int64           `json:"asked_why"` // of the unknown, those whose reasons are below
	Reasons   []countedReason `json:"reasons"`   // the commonest first
	Judged    int64           `json:"judged"`    // one by one; of the others SQL alone decided
	Why       []string        `json:"judged_because"`
	Notes     []string        `json:"notes"` // of what was asked: words that the shop has never seen, a time to come
}

type countedReason struct {
	Says      string `json:"says"`
	Customers int64  `json:"customers"`
}

func countedOf(q *asking, a, why engine.SegmentAnswer) counted {
	out := counted{Segment: q.Name, Rule: q.When, At: timestamp(q.at), Customers: q.customers, Matches: a.Matches, Unknown: a.Unknown, Asked: told(why), Reasons: []countedReason{}, Judged: a.Judged,
		Why: append([]string{}, a.Why...), Notes: q.notes}
	for _, reason := range why.Often() {
		out.Reasons = append(out.Reasons, countedReason{reason, why.Reasons[reason]})
	}
	return out
}

// shownReasons is how many reasons a person is shown.
const shownReasons = 5

func (q *asking) countText(w io.Writer, a, why engine.SegmentAnswer) error {
	lines := []string{q.title(),
		wrap("  ", fmt.Sprintf("%s of %s match%s, as of %s", thousands(int(a.Matches)), count(int(q.customers), "customer"), share(a.Matches, q.customers), q.when()))}
	if a.Unknown > 0 {
		first := thousands(int(a.Unknown)) + " are left out, because something is unknown"
		if a.Unknown == 1 {
			first = "1 is left out, because something is unknown"
		}
		if asked := told(why); asked > 0 && asked < a.Unknown {
			first += fmt.Sprintf("; why, of %s of them:", thousands(int(asked)))
		} else if asked > 0 {
			first += ":"
		}
		lines = append(lines, wrap("  ", first))
		often := why.Often()
		for _, reason := range often[:min(len(often), shownReasons)] {
			lines = append(lines, wrap(fmt.Sprintf("%10s  ", thousands(int(why.Reasons[reason]))), printable(reason)))
		}
		if more := len(often) - shownReasons; more > 0 {
			lines = append(lines, fmt.Sprintf("%10s  %s", "", count(more, "other reason")))
		}
	}
	_, err := fmt.Fprintln(w, strings.Join(append(lines, wrap("  ", foundBy(a))), "\n"))
	return err
}

// foundBy says how an answer was found.
func foundBy(a engine.SegmentAnswer) string {
	switch {
	case len(a.Why) > 0:
		return fmt.Sprintf("%s judged one by one, since not all of it translates into SQL: %s", wereJudged(a.Judged), strings.Join(a.Why, "; "))
	case a.Judged > 0:
		return fmt.Sprintf("found by SQL, but %s judged one by one: their orders changed after that time or are very many, or what is kept of them lags behind", wereJudged(a.Judged))
	}
	return "found by SQL alone"
}

func wereJudged(n int64) string {
	if n == 1 {
		return "1 customer was"
	}
	return thousands(int(n)) + " customers were"
}
