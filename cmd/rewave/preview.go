package main

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/wave"
)

// sampleCustomer is the word for a customer of whom everything is known.
const sampleCustomer = "sample"

func (a *app) campaignPreview() *cobra.Command {
	var who, at, html string
	var pick engine.Pick
	c := &cobra.Command{Use: "preview FOLDER", Short: "Show one customer's messages, and whether they would enter", Args: operands,
		Long: `Renders the messages of the first round for a customer as they are known now,
and says whether they would enter and why not, clause by clause. An order- or
event-triggered campaign is asked about their newest. Nothing is written.
--customer sample needs no database: it is one of whom everything is known.`,
		Example: `  rewave campaign preview campaigns/win-back --customer sample
  rewave campaign preview campaigns/win-back --customer C-1042 --wave last-note
  rewave campaign preview campaigns/win-back --customer sample --html a.html`,
		RunE: func(c *cobra.Command, args []string) error {
			if who == "" {
				return fault.New(fault.Usage, named(c)+"--customer is missing", firstExample(c))
			}
			return a.previewCampaign(c.Context(), args[0], who, at, html, pick)
		}}
	c.Flags().StringVar(&who, "customer", "", "`ID` of the customer in the shop, or sample")
	c.Flags().StringVar(&pick.Wave, "wave", "", "this `WAVE` only")
	c.Flags().StringVar(&pick.Variant, "variant", "", "this `VARIANT` (default the one that is drawn)")
	c.Flags().StringVar(&pick.Locale, "locale", "", "in this `LANGUAGE` (default the customer's)")
	c.Flags().StringVar(&at, "at", "", "as of this `TIME` in the shop's zone (default the next slot, or now)")
	c.Flags().StringVar(&html, "html", "", "also write a page with the messages as they look to this `FILE`")
	return c
}

func (a *app) previewCampaign(ctx context.Context, folder, who, at, html string, pick engine.Pick) error {
	shop, def, p, err := a.preview(ctx, folder, who, at, pick)
	if err != nil {
		return err
	}
	if html != "" {
		if err := writePreviewPage(html, def, p, shop.Zone); err != nil {
			return fault.Wrap(fault.Denied, err, "the page cannot be written: "+html, "choose another file with --html")
		}
	}
	if a.json {
		return a.print(previewRowOf(def, p))
	}
	previewText(a.stdout, def, p, shop)
	return nil
}

// preview asks the database where it is about a real customer.
func (a *app) preview(ctx context.Context, folder, who, at string, pick engine.Pick) (engine.Shop, campaigns.Campaign, engine.Preview, error) {
	var none engine.Preview
	if who == sampleCustomer {
		c, err := config.Load(a.config, a.env)
		if err != nil {
			return engine.Shop{}, campaigns.Campaign{}, none, err
		}
		l := &live{config: c, engine: &engine.Engine{Shop: shopOf(c)}}
		def, err := load(folder, c)
		if err != nil {
			return l.engine.Shop, def, none, err
		}
		when, err := l.previewAt(def, at, time.Now(), folder)
		if err != nil {
			return l.engine.Shop, def, none, err
		}
		p, err := l.engine.PreviewSample(def, when, pick)
		return l.engine.Shop, def, p, err
	}
	l, err := a.open(ctx)
	if err != nil {
		return engine.Shop{}, campaigns.Campaign{}, none, err
	}
	defer l.close()
	def, err := load(folder, l.config)
	if err != nil {
		return l.engine.Shop, def, none, err
	}
	now, err := l.store.Now(ctx)
	if err != nil {
		return l.engine.Shop, def, none, err
	}
	when, err := l.previewAt(def, at, now, folder)
	if err != nil {
		return l.engine.Shop, def, none, err
	}
	p, err := l.engine.PreviewCustomer(ctx, def, who, when, pick)
	return l.engine.Shop, def, p, err
}

// previewAt is what --at says, else the campaign's next slot, else now.
func (l *live) previewAt(def campaigns.Campaign, at string, now time.Time, folder string) (time.Time, error) {
	if at != "" {
		return l.wall("--at", at, "rewave campaign preview "+folder)
	}
	// Of an occasion every day has a slot.
	if s, ok := wave.ScheduleOf(def.Enter); ok && def.Enter.Occasion != nil {
		opens := now
		if from := calendar.Instant(def.From, 0, l.config.Shop.Zone); !def.From.IsZero() && from.After(now) {
			opens = from.Add(-1)
		}
		if slot, ok := wave.NextSlot(s, l.config.Shop.Zone, opens); ok {
			return slot, nil
		}
	}
	if next := nextEntry(def, l.config.Shop.Zone, now, now); !next.at.IsZero() && !next.never {
		return next.at, nil
	}
	return now, nil
}

// previewRow is a preview for programs.
type previewRow struct {
	Campaign string       `json:"campaign"`
	Customer string       `json:"customer"`
	At       string       `json:"at"`
	Trigger  string       `json:"trigger,omitempty"`
	Enters   *bool        `json:"enters"` // null: of the sample nobody asks
	Reason   string       `json:"reason,omitempty"`
	Rule     []clauseRow  `json:"rule"`
	Arm      string       `json:"arm"`
	Stratum  string       `json:"stratum,omitempty"`
	Rounds   int          `json:"rounds"`
	Messages []messageRow `json:"messages"` // of the first round
}

type clauseRow struct {
	Clause string   `json:"clause"`
	True   bool     `json:"true"`
	Error  string   `json:"error,omitempty"`
	Values []string `json:"values,omitempty"`
}

type messageRow struct {
	Wave        string  `json:"wave"`
	Channel     string  `json:"channel"`
	Scheduled   string  `json:"scheduled"`
	Expires     string  `json:"expires"`
	Variant     string  `json:"variant,omitempty"`
	Skip        bool    `json:"skip"`
	Unreachable string  `json:"unreachable,omitempty"`
	Pool        string  `json:"coupon_pool,omitempty"`
	Subject     string  `json:"subject,omitempty"`
	Text        string  `json:"text,omitempty"`
	HTML        string  `json:"html,omitempty"`
	SMS         string  `json:"sms,omitempty"`
	Segments    int     `json:"segments,omitempty"`
	Cost        float64 `json:"cost"` // in the shop's currency
	Fault       string  `json:"fault,omitempty"`
}

func previewRowOf(def campaigns.Campaign, p engine.Preview) previewRow {
	row := previewRow{Campaign: def.Name, Customer: p.Customer, At: timestamp(p.EnteredAt), Trigger: p.Trigger, Reason: string(p.Reason),
		Rule: []clauseRow{}, Arm: string(p.Arm), Stratum: p.Stratum, Rounds: def.Rounds.Times, Messages: []messageRow{}}
	if p.Customer == "" {
		row.Customer = sampleCustomer
	} else {
		enters := p.Reason == "" && !p.Untouched
		row.Enters = &enters
	}
	if p.Untouched {
		row.Reason = "no_trigger"
	}
	for _, c := range p.Clauses {
		r := clauseRow{Clause: c.Text, True: c.True, Values: c.Values}
		if c.Err != nil {
			r.Error = c.Err.Error()
		}
		row.Rule = append(row.Rule, r)
	}
	for _, m := range p.Messages {
		row.Messages = append(row.Messages, messageRow{m.Wave, m.Channel, timestamp(m.ScheduledAt), timestamp(m.ExpiresAt), m.Variant, m.Skip, string(m.Unreachable), m.Pool,
			m.Content.Subject, m.Content.Text, m.Content.HTML, m.Content.SMS, m.Length.Segments, float64(m.CostMicros) / 1e6, m.Fault})
	}
	return row
}

const minute = "2006-01-02 15:04 MST"

func previewText(w io.Writer, def campaigns.Campaign, p engine.Preview, shop engine.Shop) {
	line := func(prefix, text string) { fmt.Fprintln(w, wrap(prefix, text)) }
	line(def.Name+"  ", entering(def, p, shop.Zone))
	for _, c := range p.Clauses {
		line("  ", c.String())
	}
	if def.Rounds.Times > 1 {
		line("  ", fmt.Sprintf("the first of %d rounds:", def.Rounds.Times))
	}
	for _, m := range p.Messages {
		fmt.Fprintln(w)
		says := []string{"by " + m.Channel + " at " + m.ScheduledAt.In(shop.Zone).Format(minute)}
		if m.Variant != "" {
			says = append(says, "variant "+m.Variant)
		}
		if m.Pool != "" {
			says = append(says, "with a code of "+m.Pool)
		}
		if m.Length.Segments > 0 {
			says = append(says, m.Length.String())
		}
		if m.CostMicros > 0 {
			says = append(says, fmt.Sprintf("costs %g %s", float64(m.CostMicros)/1e6, shop.Currency))
		}
		if m.Unreachable != "" {
			says = append(says, "would not go out: "+words(string(m.Unreachable)))
		}
		if m.Skip {
			says = append(says, "skipped by lot: withheld")
		}
		line(m.Wave+"  ", strings.Join(says, "; "))
		if m.Fault != "" {
			line("  ", "cannot be written: "+m.Fault)
			continue
		}
		if m.Content.Subject != "" {
			fmt.Fprintf(w, "  | %s\n  |\n", m.Content.Subject)
		}
		for text := range strings.Lines(m.Content.Text + m.Content.SMS) {
			fmt.Fprintf(w, "  | %s\n", strings.TrimRight(text, "\r\n"))
		}
	}
}

// entering says whether a customer would come in, and why not.
func entering(def campaigns.Campaign, p engine.Preview, zone *time.Location) string {
	var says []string
	at := p.EnteredAt.In(zone).Format(minute)
	what := "an order"
	if def.Enter.On == "event" {
		what = "an event " + def.Enter.Event
	}
	switch {
	case p.Customer == "":
		return "for a sample customer who enters at " + at
	case p.Untouched:
		says = append(says, fmt.Sprintf("customer %s would not enter: %s brings them in, and they have none; as if there were one at %s", p.Customer, what, at))
	case p.Reason == "" && p.Trigger != "" && p.EnteredAt.Before(p.At):
		says = append(says, fmt.Sprintf("customer %s would have entered at %s, if it had run then", p.Customer, at))
	case p.Reason == "":
		says = append(says, fmt.Sprintf("customer %s would enter at %s", p.Customer, at))
	default:
		says = append(says, fmt.Sprintf("customer %s would not enter at %s: %s", p.Customer, at, words(string(p.Reason))))
	}
	if p.Trigger != "" {
		says = append(says, "with "+p.Trigger)
	}
	if p.Err != nil {
		says = append(says, p.Err.Error())
	}
	if p.Stratum != "" {
		says = append(says, "stratum "+p.Stratum)
	}
	switch p.Arm {
	case "hold":
		says = append(says, "held out: the messages would be withheld")
	case "global_hold":
		says = append(says, "in the global holdout: the messages would be withheld")
	}
	return strings.Join(says, "; ")
}

// words is a reason for people.
func words(reason string) string { return strings.ReplaceAll(reason, "_", " ") }

// previewPage shows each message in a frame of its own, that runs nothing and
// loads nothing but pictures.
var previewPage = template.Must(template.New("preview").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Campaign}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}iframe{width:100%;height:36rem;border:1px solid #767676}pre{white-space:pre-wrap;border:1px solid #767676;padding:1rem}</style>
</head>
<body>
<main>
<h1>{{.Campaign}}</h1>
<p>{{.Says}}</p>
{{range .Messages}}<section>
<h2>{{.Wave}}</h2>
<p>{{.Channel}}, {{.Scheduled}}{{with .Variant}}, variant {{.}}{{end}}</p>
{{with .Fault}}<p>cannot be written: {{.}}</p>
{{end}}{{with .Subject}}<p>Subject: <strong>{{.}}</strong></p>
{{end}}{{if .HTML}}<iframe sandbox title="{{.Wave}} as HTML" srcdoc="{{.HTML}}"></iframe>
{{end}}{{if .Text}}<pre>{{.Text}}</pre>
{{end}}{{if .SMS}}<pre>{{.SMS}}</pre>
{{end}}</section>
{{end}}</main>
</body>
</html>
`))

func writePreviewPage(file string, def campaigns.Campaign, p engine.Preview, zone *time.Location) error {
	var b strings.Builder
	row := previewRowOf(def, p)
	err := previewPage.Execute(&b, struct {
		previewRow
		Says string
	}{row, entering(def, p, zone)})
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o600)
}

func (a *app) campaignSendTest() *cobra.Command {
	var to, who string
	var pick engine.Pick
	c := &cobra.Command{Use: "send-test FOLDER", Short: "Send the messages to an address of yours", Args: operands,
		Long: `Really sends the messages of a campaign to one address, over the channel that is
set up for it: those by e-mail to a mailbox, those by sms to a phone number. The
subject begins with [Test]. Nothing is written: no ledger, report or budget
knows of it, no coupon code is used up, and the link to unsubscribe acts on
nothing. The address is your own, so it is asked for neither consent nor bans.`,
		Example: `  rewave campaign send-test campaigns/win-back --to ann@shop.example
  rewave campaign send-test campaigns/win-back --to a@shop.example --wave hello
  rewave campaign send-test campaigns/win-back --to +49151123456 --customer C-10`,
		RunE: func(c *cobra.Command, args []string) error {
			if to == "" {
				return fault.New(fault.Usage, named(c)+"--to is missing", firstExample(c))
			}
			return a.sendTest(c.Context(), args[0], to, who, pick)
		}}
	c.Flags().StringVar(&to, "to", "", "`ADDRESS` of your own: a mailbox or a phone number")
	c.Flags().StringVar(&who, "customer", sampleCustomer, "`ID` of the customer whom the messages speak of")
	c.Flags().StringVar(&pick.Wave, "wave", "", "this `WAVE` only")
	c.Flags().StringVar(&pick.Variant, "variant", "", "this `VARIANT` (default the one that is drawn)")
	c.Flags().StringVar(&pick.Locale, "locale", "", "in this `LANGUAGE` (default the customer's)")
	return c
}

func (a *app) sendTest(ctx context.Context, folder, to, who string, pick engine.Pick) error {
	var err error
	if pick.Channel, err = engine.ChannelOf(to); err != nil {
		return err
	}
	l, err := a.openToSend(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	def, err := load(folder, l.config)
	if err != nil {
		return err
	}
	now, err := l.store.Now(ctx)
	if err != nil {
		return err
	}
	when, err := l.previewAt(def, "", now, folder)
	if err != nil {
		return err
	}
	var p engine.Preview
	if who == sampleCustomer {
		p, err = l.engine.PreviewSample(def, when, pick)
	} else {
		p, err = l.engine.PreviewCustomer(ctx, def, who, when, pick)
	}
	if err != nil {
		return err
	}
	if len(p.Messages) == 0 {
		other := map[string]string{message.Email: "a phone number", message.SMS: "a mailbox"}[pick.Channel]
		return fault.New(fault.Usage, fmt.Sprintf("campaign %s sends nothing by %s here", def.Name, pick.Channel), "give "+other+" with --to")
	}
	sent, err := l.engine.SendTest(ctx, def, p.Messages, to)
	type row struct {
		Wave    string `json:"wave"`
		Variant string `json:"variant,omitempty"`
		Channel string `json:"channel"`
		Ref     string `json:"ref"`
	}
	rows := make([]row, len(sent))
	for i, s := range sent {
		rows[i] = row{s.Wave, s.Variant, s.Channel, s.Ref}
		if !a.json {
			fmt.Fprintf(a.stdout, "%s: sent by %s to %s\n", s.Wave, s.Channel, to)
		}
	}
	if a.json && err == nil {
		return a.print(rows)
	}
	return err
}
