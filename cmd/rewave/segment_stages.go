package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/customer"
	"github.com/rewave/rewave/internal/fault"
)

func (a *app) segmentStages() *cobra.Command {
	var who string
	var days int
	c := &cobra.Command{Use: "stages", Short: "How many customers are in which stage, and who moved", Args: operands,
		Long: `Counts customers by lifecycle.stage today, and who is in another stage than some
days ago, from which to which. With --customer: when that customer came into
which stage, and when they will into the next if they buy nothing. What is not
worked out yet is worked out first. The past is told by what is known now: of
today's fit, without orders that came back, and with those that came late.`,
		Example: `  rewave segment stages
  rewave segment stages --days 90 --json
  rewave segment stages --customer C-1042`,
		RunE: func(c *cobra.Command, _ []string) error {
			asks := c.Flags().Changed("customer")
			switch {
			case asks && strings.TrimSpace(who) == "":
				return fault.New(fault.Usage, named(c)+"--customer is empty", exampleWith(c, "--customer"))
			case asks && c.Flags().Changed("days"):
				return fault.New(fault.Usage, named(c)+"--days is for all customers: of one all moves are shown", exampleWith(c, "--customer"))
			case days < 1 || days > 36_500:
				return fault.New(fault.Usage, named(c)+"--days is from 1 to 36500", exampleWith(c, "--days"))
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			at, err := l.store.Now(c.Context())
			if err != nil {
				return err
			}
			bar := a.progress("working out stages")
			err = l.engine.FillStages(c.Context(), at, bar.update)
			if bar.done(); err != nil {
				return err
			}
			if asks {
				return a.customerStages(c.Context(), l, at, who)
			}
			return a.countStages(c.Context(), l, at, days)
		}}
	c.Flags().StringVar(&who, "customer", "", "`ID` of the customer in the shop")
	c.Flags().IntVar(&days, "days", 30, "moves of the last `N` days")
	return a.takesJSON(a.takesConfig(c))
}

// stagesCounted is what segment stages --json prints.
type stagesCounted struct {
	Day       string       `json:"day"`
	Since     string       `json:"since"`
	Scores    int          `json:"scores"`
	Customers int64        `json:"customers"`
	NotKnown  int64        `json:"not_known"` // whose orders changed in this very moment
	Stages    []stageCount `json:"stages"`
	Moves     []stageMove  `json:"moves"` // in the order of stages
}

type stageCount struct {
	Stage  customer.Stage `json:"stage"`
	Now    int64          `json:"customers"`
	Before int64          `json:"before"`
}

type stageMove struct {
	From      customer.Stage `json:"from"`
	To        customer.Stage `json:"to"`
	Customers int64          `json:"customers"`
}

func (a *app) countStages(ctx context.Context, l *live, at time.Time, days int) error {
	found, err := l.engine.CountStages(ctx, at, days)
	if err != nil {
		return err
	}
	now, before, moves := map[customer.Stage]int64{}, map[customer.Stage]int64{}, map[[2]customer.Stage]int64{}
	today := at.In(l.engine.Shop.Zone)
	out := stagesCounted{Day: today.Format(time.DateOnly), Since: today.AddDate(0, 0, -days).Format(time.DateOnly), Scores: found.Scores.ID,
		Customers: found.Open, NotKnown: found.Open, Moves: []stageMove{}}
	for _, m := range found.Moves {
		out.Customers += m.Customers
		now[m.To] += m.Customers
		before[m.From] += m.Customers
		moves[[2]customer.Stage{m.From, m.To}] = m.Customers
	}
	for _, from := range customer.Stages {
		out.Stages = append(out.Stages, stageCount{from, now[from], before[from]})
		for _, to := range customer.Stages {
			if n := moves[[2]customer.Stage{from, to}]; n > 0 && from != to {
				out.Moves = append(out.Moves, stageMove{from, to, n})
			}
		}
	}
	if a.json {
		return a.print(out)
	}
	lines := []string{fmt.Sprintf("%s by their stage on %s, told by fit number %d:", count(int(out.Customers), "customer"), out.Day, out.Scores)}
	rows := [][]string{{"  ", "today", "", count(days, "day") + " ago"}}
	for _, s := range out.Stages {
		rows = append(rows, []string{"  " + string(s.Stage), thousands(int(s.Now)), strings.Trim(share(s.Now, out.Customers), " ()"), thousands(int(s.Before))})
	}
	lines = append(lines, table(rows, []bool{false, true, true, true})...)
	if out.NotKnown > 0 {
		lines = append(lines, wrap("  ", fmt.Sprintf("of %s more the orders changed in this very moment", count(int(out.NotKnown), "customer"))))
	}
	if len(out.Moves) == 0 {
		lines = append(lines, "Nobody moved since "+out.Since+".")
	} else {
		lines = append(lines, "Who moved since "+out.Since+", from the left to the top:")
		// Nobody becomes a prospect.
		rows, right := [][]string{{"  "}}, []bool{false}
		for _, to := range customer.Stages[1:] {
			rows[0], right = append(rows[0], string(to)), append(right, true)
		}
		for _, from := range customer.Stages {
			row := []string{"  " + string(from)}
			for _, to := range customer.Stages[1:] {
				cell := "-"
				if from != to {
					cell = thousands(int(moves[[2]customer.Stage{from, to}]))
				}
				row = append(row, cell)
			}
			rows = append(rows, row)
		}
		lines = append(lines, table(rows, right)...)
	}
	_, err = fmt.Fprintln(a.stdout, strings.Join(lines, "\n"))
	return err
}

// customerStaged is what segment stages --customer --json prints.
type customerStaged struct {
	Customer string         `json:"customer_id"`
	Day      string         `json:"day"`
	Stage    customer.Stage `json:"stage"`
	Log      []stageSince   `json:"log"`
}

type stageSince struct {
	Since  string         `json:"since"`
	Stage  customer.Stage `json:"stage"`
	Ahead  bool           `json:"ahead"` // if they buy nothing
	number int
}

func (a *app) customerStages(ctx context.Context, l *live, at time.Time, who string) error {
	log, err := l.engine.StagesOf(ctx, at, who)
	if err != nil {
		return err
	}
	local := at.In(l.engine.Shop.Zone)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	today := int(midnight.Unix() / (24 * 3600))
	out := customerStaged{Customer: who, Day: midnight.Format(time.DateOnly), Stage: customer.Prospect, Log: []stageSince{}}
	for _, t := range log {
		if t.Since <= today {
			out.Stage = t.Stage
		}
		out.Log = append(out.Log, stageSince{midnight.AddDate(0, 0, t.Since-today).Format(time.DateOnly), t.Stage, t.Since > today, t.Since})
	}
	if a.json {
		return a.print(out)
	}
	if len(log) == 0 {
		_, err = fmt.Fprintf(a.stdout, "Customer %s has not bought yet: a prospect.\n", printable(who))
		return err
	}
	lines := []string{fmt.Sprintf("Customer %s, as of %s:", printable(who), out.Day)}
	var rows [][]string
	for i, s := range out.Log {
		says := ""
		switch {
		case s.Ahead:
			says = "if they buy nothing until then"
		case i+1 == len(log) || log[i+1].Since > today:
			says = "now, for " + count(today-s.number, "day")
		}
		rows = append(rows, []string{"  " + s.Since, string(s.Stage), says})
	}
	_, err = fmt.Fprintln(a.stdout, strings.Join(append(lines, table(rows, make([]bool, 3))...), "\n"))
	return err
}
