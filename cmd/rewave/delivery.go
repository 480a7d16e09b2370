package main

import (
	"context"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/internal/delivery"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/source"
)

func (a *app) delivery() *cobra.Command {
	c := &cobra.Command{Use: "delivery", Short: "Look at single messages, and settle those in doubt",
		Example: `  rewave delivery list --state dead,unknown_final
  rewave delivery explain 4711
  rewave delivery replay --campaign win-back --because "they take it now"`}
	for _, sub := range []*cobra.Command{a.deliveryList(), a.deliveryExplain(), a.deliveryReplay(), a.deliveryReconcile(), a.deliverySettle()} {
		c.AddCommand(a.takesJSON(a.takesConfig(sub)))
	}
	return c
}

func (a *app) deliveryList() *cobra.Command {
	var states []string
	var campaign, customer string
	var limit int
	c := &cobra.Command{Use: "list", Short: "List messages, those last decided first", Args: operands,
		Long: `Lists messages with what became of them. The states are
` + stateNames(0, 7) + `,
` + stateNames(7, len(delivery.States)) + `.`,
		Example: `  rewave delivery list --state dead,unknown_final
  rewave delivery list --campaign win-back --state unknown --json
  rewave delivery list --customer 4711 --limit 10`,
		RunE: func(c *cobra.Command, _ []string) error {
			want := postgres.Telling{Campaign: campaign, Customer: customer, Limit: limit}
			var err error
			if want.States, err = readStates(c, states, delivery.States[:]); err != nil {
				return err
			}
			if limit < 1 {
				return fault.New(fault.Usage, "delivery list: --limit must be at least 1", firstExample(c))
			}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			list, err := l.store.Deliveries(c.Context(), want)
			if err != nil {
				return err
			}
			if a.json {
				rows := make([]toldRow, len(list))
				for i, d := range list {
					rows[i] = toldOf(d)
				}
				return a.print(rows)
			}
			if len(list) == 0 {
				fmt.Fprintln(a.stdout, "no such message")
			}
			for _, d := range list {
				says := fmt.Sprintf("%s: %s round %d, %s to %s by %s", strings.ReplaceAll(string(d.State), "_", " "), d.Campaign, d.Round, d.Wave, d.Customer, d.Channel)
				if d.Reason != "" {
					says += " (" + d.Reason + lostBy(d) + ")"
				}
				fmt.Fprintln(a.stdout, wrap(fmt.Sprintf("%-8d %s  ", d.ID, decidedAt(d).In(l.config.Shop.Zone).Format(clockForm)), says))
			}
			if len(list) == limit {
				fmt.Fprintf(a.stdout, "only the last %d; --limit N shows more\n", limit)
			}
			return nil
		}}
	c.Flags().StringSliceVar(&states, "state", nil, "only those in one of these `STATES`")
	c.Flags().StringVar(&campaign, "campaign", "", "only those of this `CAMPAIGN`")
	c.Flags().StringVar(&customer, "customer", "", "only those of the customer with this `ID` of the shop")
	c.Flags().IntVar(&limit, "limit", 50, "at most `N`")
	return c
}

func (a *app) deliveryExplain() *cobra.Command {
	return &cobra.Command{Use: "explain ID", Short: "Tell what happened to one message, and why", Args: operands,
		Long: `Tells what happened to one message: what was decided, what nobody knew for a
while, what its provider said, and what people did.

` + refHelp,
		Example: `  rewave delivery explain 4711
  rewave delivery explain 4711.f9d5d258
  rewave delivery explain 4711 --json`,
		RunE: func(c *cobra.Command, args []string) error {
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			ids, err := l.deliveries(c.Context(), args)
			if err != nil {
				return err
			}
			list, err := l.store.Deliveries(c.Context(), postgres.Telling{IDs: ids, Limit: 1})
			if err != nil || len(list) == 0 {
				return err
			}
			past, err := l.store.Past(c.Context(), ids[0])
			if err != nil {
				return err
			}
			story := tellStory(list[0], past, l.config.Shop.Zone)
			if a.json {
				return a.print(struct {
					toldRow
					History []episode `json:"history"`
				}{toldOf(list[0]), story})
			}
			d := list[0]
			fmt.Fprintln(a.stdout, wrap(fmt.Sprintf("%d  ", d.ID), fmt.Sprintf("%s: %s round %d, %s to customer %s by %s", strings.ReplaceAll(string(d.State), "_", " "), d.Campaign, d.Round, d.Wave, d.Customer, d.Channel)))
			for _, e := range story {
				fmt.Fprintln(a.stdout, wrap("  "+e.when.In(l.config.Shop.Zone).Format(clockForm)+"  ", e.Says))
			}
			for _, next := range nextOf(d) {
				fmt.Fprintln(a.stdout, wrap("  ", next))
			}
			return nil
		}}
}

func (a *app) deliveryReplay() *cobra.Command {
	var states []string
	var campaign, because string
	var within time.Duration
	var twice bool
	c := &cobra.Command{Use: "replay [ID]...", Short: "Let dead messages be tried again", Args: operands,
		Long: `Plans messages again, due now, that are dead: whose text could not be made, or
which the provider did not take five times though it took others. Each passes
the gate again, with all that it asks. One whose time is over is left, unless
--within gives it more.

One in state unknown_final or quarantine may have arrived: it is sent again only
with --state unknown_final --may-arrive-twice. Where you know that it did not,
say so first: rewave delivery settle ID --as not_taken. Who did it and why is
kept for ever.`,
		Example: `  rewave delivery replay 4711 --because "they take it now"
  rewave delivery replay --campaign win-back --within 2d --because "mended"
  rewave delivery list --state dead`,
		RunE: func(c *cobra.Command, args []string) error {
			from, err := readStates(c, states, []delivery.State{delivery.Dead, delivery.UnknownFinal, delivery.Quarantine})
			if err != nil {
				return err
			}
			if from == nil {
				from = []delivery.State{delivery.Dead}
			}
			if doubt := slices.IndexFunc(from, func(s delivery.State) bool { return s != delivery.Dead }); doubt >= 0 && !twice {
				return fault.New(fault.Usage, "delivery replay: a message in state "+string(from[doubt])+" may have arrived; --may-arrive-twice says that a second one is better than none", firstExample(c))
			}
			m, err := meantBy(c, args, campaign, because)
			if err != nil {
				return err
			}
			m.From = from
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			if m.IDs, err = l.deliveries(c.Context(), args); err != nil {
				return err
			}
			var until *time.Time
			if within > 0 {
				now, err := l.store.Now(c.Context())
				if err != nil {
					return err
				}
				end := now.Add(within)
				until = &end
			}
			done, err := l.store.Replay(c.Context(), m, until)
			if err != nil {
				return err
			}
			return a.did(done, "planned again", "not in such a state, or past their time (--within gives more)")
		}}
	c.Flags().StringSliceVar(&states, "state", nil, "`STATES` to replay: dead, unknown_final, quarantine")
	c.Flags().StringVar(&campaign, "campaign", "", "all of this `CAMPAIGN` in such a state")
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	c.Flags().Var((*durationFlag)(&within), "within", "they may go out for this long from now, as `2d`; else until their own end")
	c.Flags().BoolVar(&twice, "may-arrive-twice", false, "send again what may have arrived")
	return c
}

func (a *app) deliveryReconcile() *cobra.Command {
	var campaign string
	c := &cobra.Command{Use: "reconcile [ID]...", Short: "Ask providers about messages in doubt, now", Args: operands,
		Long: `Asks what became of messages in state unknown, unknown_final or quarantine, as
rewave tick does from time to time, and says of each what was found. A provider
that can be asked is asked. Where it takes a repeated key once, an unknown
message is sent again under its key while the provider keeps that, if it is
still the same and its customer may still be written to.

What the provider does not know stays in doubt: its index may lag.`,
		Example: `  rewave delivery reconcile
  rewave delivery reconcile --campaign win-back
  rewave delivery reconcile 4711 4712 --json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && campaign != "" {
				return fault.New(fault.Usage, "delivery reconcile: name the messages by their ids, or all of a campaign by --campaign", firstExample(c))
			}
			l, err := a.openToAsk(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			ids, err := l.deliveries(c.Context(), args)
			if err != nil {
				return err
			}
			found, err := l.engine.ReconcileNow(c.Context(), campaign, ids)
			if err != nil {
				return err
			}
			if a.json {
				return a.print(append([]engine.Reconciled{}, found...))
			}
			settled := 0
			for _, r := range found {
				if r.Now != r.Was {
					settled++
				}
				fmt.Fprintln(a.stdout, wrap(fmt.Sprintf("%-8d ", r.ID), spaced(r.Now)+": "+r.Says))
			}
			fmt.Fprintf(a.stdout, "%s in doubt, %d settled\n", count(len(found), "message"), settled)
			return nil
		}}
	c.Flags().StringVar(&campaign, "campaign", "", "only those of this `CAMPAIGN`")
	return c
}

func (a *app) deliverySettle() *cobra.Command {
	var as, because string
	c := &cobra.Command{Use: "settle ID...", Short: "Write what is known of messages in doubt", Args: operands,
		Long: `Writes what a person has found out about messages in state unknown,
unknown_final or quarantine:

  accepted   the provider has taken them
  failed     they did not arrive, and shall not: that is final
  not_taken  the provider has surely not taken them: they are dead, and go out
             again by rewave delivery replay, at once if you like

By settling nothing is sent. Who did it and why is kept for ever.

` + refHelp,
		Example: `  rewave delivery settle 4711 --as accepted --because "in the provider's log"
  rewave delivery settle 4711 4712 --as not_taken --because "their line was cut"
  rewave delivery list --state unknown,unknown_final`,
		RunE: func(c *cobra.Command, args []string) error {
			to, ok := map[string]delivery.State{"accepted": delivery.Accepted, "failed": delivery.Failed, "not_taken": delivery.Dead}[as]
			if !ok {
				return fault.New(fault.Usage, "delivery settle: --as takes accepted, failed or not_taken", firstExample(c))
			}
			m, err := meantBy(c, args, "", because)
			if err != nil {
				return err
			}
			m.From = []delivery.State{delivery.Unknown, delivery.UnknownFinal}
			l, err := a.open(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			if m.IDs, err = l.deliveries(c.Context(), args); err != nil {
				return err
			}
			done, err := l.store.SettleByHand(c.Context(), m, to)
			if err != nil {
				return err
			}
			err = a.did(done, "settled as "+as, "not in doubt")
			if to == delivery.Dead && len(done.IDs) > 0 && !a.json {
				fmt.Fprintln(a.stdout, wrap("", "To send again: rewave delivery replay "+spacedIDs(done.IDs)+" --because REASON"))
			}
			return err
		}}
	c.Flags().StringVar(&as, "as", "", "what became of them: `accepted`, failed or not_taken")
	c.Flags().StringVar(&because, "because", "", "the `REASON`, kept on record")
	return c
}

// meantBy reads whether a person means deliveries by their ids or a campaign's, who
// it is and why.
func meantBy(c *cobra.Command, args []string, campaign, because string) (m postgres.Meant, err error) {
	m = postgres.Meant{Campaign: campaign, Because: strings.TrimSpace(because)}
	switch {
	case m.Because == "":
		return m, fault.New(fault.Usage, named(c)+"say why, for the record: --because REASON", firstExample(c))
	case (len(args) > 0) == (campaign != ""):
		return m, fault.New(fault.Usage, named(c)+"name the messages by their ids, or all of a campaign by --campaign", firstExample(c))
	}
	m.Who = account()
	return m, nil
}

// account is who runs this on the machine.
func account() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

const refHelp = `An ID may also be a reference, as it stands in the Message-ID of a mail and in
what providers are told (4711.f9d5d258), or the provider's own name for it.`

// deliveries finds those that are named; nil: none is.
func (l *live) deliveries(ctx context.Context, names []string) ([]int64, error) {
	if len(names) == 0 {
		return nil, nil
	}
	return l.store.DeliveryIDs(ctx, l.engine.Links.Installation, names)
}

func readStates(c *cobra.Command, names []string, known []delivery.State) (states []delivery.State, err error) {
	for _, name := range names {
		s := delivery.State(strings.TrimSpace(name))
		if !slices.Contains(known, s) {
			all := make([]string, len(known))
			for i, k := range known {
				all[i] = string(k)
			}
			hint := "one of: " + strings.Join(all, ", ")
			if near := source.Suggest(name, all); near != "" {
				hint = fmt.Sprintf("did you mean %s?", near)
			}
			return nil, fault.New(fault.Usage, fmt.Sprintf("%s--state does not take %q", named(c), name), hint)
		}
		states = append(states, s)
	}
	return states, nil
}

func stateNames(from, to int) string {
	var names []string
	for _, s := range delivery.States[from:to] {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// did says what became of an act; it fails where nothing that was named was done.
func (a *app) did(done postgres.Done, what, left string) error {
	if a.json {
		if err := a.print(struct {
			Done []int64 `json:"done"`
			Left []int64 `json:"left"`
		}{append([]int64{}, done.IDs...), append([]int64{}, done.Left...)}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "%s %s\n", count(len(done.IDs), "message"), what)
	}
	if len(done.Left) == 0 {
		return nil
	}
	ids := strings.Fields(spacedIDs(done.Left))
	return fault.New(fault.Conflict, fmt.Sprintf("left as they were: %s; %s", listed(ids), left), "rewave delivery explain "+ids[0])
}

func spacedIDs(ids []int64) string { return strings.Trim(fmt.Sprint(ids), "[]") }

// durationFlag is a duration as campaigns write it.
type durationFlag time.Duration

func (d *durationFlag) String() string {
	if *d == 0 {
		return ""
	}
	return source.FormatDuration(time.Duration(*d))
}

func (d *durationFlag) Set(text string) error {
	parsed, err := source.ParseDuration(text)
	if err == nil && parsed <= 0 {
		err = fmt.Errorf("it must be longer than nothing")
	}
	*d = durationFlag(parsed)
	return err
}

func (d *durationFlag) Type() string { return "duration" }
