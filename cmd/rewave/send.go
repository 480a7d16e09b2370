package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rewave/rewave/campaigns"
	"github.com/rewave/rewave/internal/calendar"
	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

// once is one message to a segment, as a person asks for it.
type once struct {
	segment, message, at, channel, holdout, because, name string

	undo      time.Duration
	undoText  string
	ramp, yes bool
}

// now says that it goes out when the time to undo it has passed.
func (o once) now() bool { return o.at == "now" }

func (a *app) send() *cobra.Command {
	var o once
	c := &cobra.Command{Use: "send", Short: "Send one message to a segment, held to account like a campaign", Args: operands,
		Long: `Makes a campaign of one wave and applies it: consent, caps, quiet hours, the
ledger and the report are those of every campaign, and 10% are held out, so that
the report can say what the message changed. Nothing goes out before the undo
window has passed; until then rewave campaign cancel takes all of it back.
Without --yes it shows what would happen and the call that does it, and exits
with 4. Doing it twice is doing it once; with --at now, once a day.`,
		Example: `  rewave send --segment "orders.count >= 2" --message m --at "2027-03-01 10:00"
  rewave send --segment "orders.count == 1" --message m --at now --ramp --yes
  rewave send --segment true --message m --at now --holdout none --because law`,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, need := range []struct{ flag, value string }{{"segment", o.segment}, {"message", o.message}, {"at", o.at}} {
				if strings.TrimSpace(need.value) == "" {
					return fault.New(fault.Usage, named(c)+"--"+need.flag+" is missing", firstExample(c))
				}
			}
			return a.sendOnce(c.Context(), o)
		}}
	f := c.Flags()
	f.StringVar(&o.segment, "segment", "", "`RULE` that says who: \"orders.count >= 2\"")
	f.StringVar(&o.message, "message", "", "`FOLDER` with subject.txt and text.txt, or sms.txt")
	f.StringVar(&o.at, "at", "", "`TIME` in the shop's zone, \"2027-03-01 10:00\", or now: when undo has passed")
	f.StringVar(&o.channel, "channel", "email", "`CHANNEL` email or sms")
	f.StringVar(&o.holdout, "holdout", "10%", "`SHARE` not written to; none needs a --because")
	f.StringVar(&o.because, "because", "", "the `REASON` for --holdout none, kept on record")
	f.StringVar(&o.undoText, "undo", "10m", "`SPAN` between this call and the first message, at least")
	f.BoolVar(&o.ramp, "ramp", false, "1% first, 10% an hour later, all others an hour after that")
	f.StringVar(&o.name, "name", "", "`NAME` of the campaign (default send-DATE-TIME-HASH)")
	f.BoolVar(&o.yes, "yes", false, "do it")
	return c
}

// segmentFlag names the rule in faults, as a file would be named.
const segmentFlag = "--segment"

func (a *app) sendOnce(ctx context.Context, o once) error {
	a.given = map[string]string{segmentFlag: o.segment}
	l, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	l.sayZone(a)
	now, err := l.store.Now(ctx)
	if err != nil {
		return err
	}
	slot, err := o.slot(l, now)
	if err != nil {
		return err
	}
	def, err := o.campaign(l, slot)
	if err != nil {
		return err
	}
	if err := l.engine.CanRun(ctx, def); err != nil {
		return err
	}
	list, err := l.store.Campaigns(ctx, "")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(c postgres.Campaign) bool { return c.Name == def.Name })
	if i >= 0 && o.now() {
		if slot, def, err = o.again(l, list[i], slot, def); err != nil {
			return err
		}
	}
	if i >= 0 && list[i].Status == "cancelled" {
		return fault.New(fault.Conflict, fmt.Sprintf("campaign %q was cancelled", def.Name), "give this one a --name of its own")
	}
	if i >= 0 && version(list[i]) != def.Version {
		return fault.New(fault.Conflict, fmt.Sprintf("there is a campaign %q already, and it is another", def.Name), "give this one a --name of its own")
	}
	if i >= 0 && o.now() && !slot.After(now) {
		return fault.New(fault.Conflict, fmt.Sprintf("this went out already, at %s as %s", slot.In(l.config.Shop.Zone).Format(minute), def.Name), "to send it once more, give it a --name of its own")
	}
	if earliest := now.Add(o.undo); i < 0 && slot.Before(earliest) {
		return fault.New(fault.Usage, fmt.Sprintf("send: %s is sooner than %s from now, which is the time to undo it", o.at, o.undoText), "a later --at, a shorter --undo, or --at now")
	}
	bar := a.progress("planning")
	plan, err := l.engine.PlanCampaign(ctx, []campaigns.Campaign{def}, now, bar.update)
	bar.done()
	if err != nil {
		return err
	}
	if o.yes {
		if _, err := l.engine.ApplyCampaign(ctx, def, nil); err != nil {
			return err
		}
	}
	if !o.yes && !a.json {
		err = plan.Text(a.stdout)
	} else {
		err = a.showOnce(plan, o, slot)
	}
	if err != nil || o.yes {
		return err
	}
	err = fault.New(fault.Pending, "nothing is sent yet: this is what would be", o.call(def.Name, a.config))
	if a.json {
		return reported{err}
	}
	return err
}

// oneOff begins the name of a campaign that is given none.
const oneOff = "send"

// slot is when the message goes out: a whole minute, as schedules have it.
func (o *once) slot(l *live, now time.Time) (time.Time, error) {
	var err error
	if o.undo, err = source.ParseDuration(o.undoText); err != nil {
		return now, fault.New(fault.Usage, "send: --undo: "+reason(err), "--undo 10m")
	}
	if !o.now() {
		return l.wall("--at", o.at, fmt.Sprintf("rewave send --segment %q --message %s", o.segment, o.message))
	}
	return now.Add(o.undo).Add(time.Minute - 1).Truncate(time.Minute), nil
}

// again is what a call with --at now means where one has been done that day: that
// one, at its time, unless it says something else.
func (o once) again(l *live, done postgres.Campaign, slot time.Time, def campaigns.Campaign) (time.Time, campaigns.Campaign, error) {
	s := done.Definition.Enter.Schedule
	if s == nil || s.AtDate == (calendar.Date{}) {
		return slot, def, nil
	}
	then := calendar.Instant(s.AtDate, s.Time, l.config.Shop.Zone)
	o.name = def.Name
	same, err := o.campaign(l, then)
	if err != nil || same.Version != version(done) {
		return slot, def, err
	}
	return then, same, nil
}

// call is the command that does what was shown: its name draws the same lot, and
// so the same customers.
func (o once) call(name, config string) string {
	call := "rewave send"
	for _, f := range []struct{ flag, value, usual string }{
		{"segment", o.segment, ""}, {"message", o.message, ""}, {"at", o.at, ""}, {"channel", o.channel, "email"}, {"holdout", o.holdout, "10%"},
		{"because", o.because, ""}, {"undo", o.undoText, "10m"}, {"name", name, ""}, {"config", config, ""},
	} {
		if f.value != f.usual {
			call += " --" + f.flag + " " + quoted(f.value)
		}
	}
	if o.ramp {
		call += " --ramp"
	}
	return call + " --yes"
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./:%", r)
	}) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// campaign is the definition, read like any other: what a campaign's file may
// not say, no flag can.
func (o once) campaign(l *live, slot time.Time) (campaigns.Campaign, error) {
	var none campaigns.Campaign
	library, err := segments(l.config)
	if err != nil {
		return none, err
	}
	if _, faults := rules.Compile(o.segment, rules.Options{Attributes: kinds(l.config), Segments: library.Texts()}); len(faults) > 0 {
		return none, diagnostics(segmentFlag, faults)
	}
	if !slices.Contains(l.config.Channels(), o.channel) {
		return none, fault.New(fault.Usage, fmt.Sprintf("send: channel %q is not set up", o.channel), "configure it under `channels:` in rewave.yaml")
	}
	if info, err := os.Stat(o.message); err != nil || !info.IsDir() {
		return none, fault.New(fault.Usage, "send: --message: there is no folder "+o.message, "a folder with subject.txt and text.txt, or sms.txt")
	}
	if o.holdout == "none" && strings.TrimSpace(o.because) == "" {
		return none, fault.New(fault.Usage, "send: --holdout none: nobody could say what the message changed; say why, for the record", "--because \"the law asks for it\"")
	}
	folder, err := os.MkdirTemp("", "rewave-send-")
	if err != nil {
		return none, err
	}
	defer os.RemoveAll(folder) // a leftover is harmless
	messages := filepath.Join(folder, "messages", "message")
	if err := os.CopyFS(messages, os.DirFS(o.message)); err != nil {
		return none, fault.Wrap(fault.Invalid, err, "the message cannot be read: "+o.message, "")
	}
	// The name follows from what is sent, to whom and when: the same call again is the
	// same campaign. Now is a day: a minute later it is still the same message.
	zone, at, form := l.config.Shop.Zone, slot, "20060102-1504-"
	if o.now() && o.name == "" {
		day := slot.Add(-o.undo).In(zone) // of this call
		at, form = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone), "20060102-now-"
	}
	for name := cmp.Or(o.name, oneOff); ; {
		if err := os.WriteFile(filepath.Join(folder, campaigns.File), o.file(name, at, zone), 0o600); err != nil {
			return none, err
		}
		def, err := load(folder, l.config)
		if err != nil {
			return none, o.blame(err, folder, messages)
		}
		if o.name != "" || name != oneOff {
			def.Dir = ""
			return def, nil
		}
		sum := sha256.Sum256([]byte(def.Version))
		name, at = oneOff+"-"+at.In(zone).Format(form)+hex.EncodeToString(sum[:3]), slot
	}
}

// file is the campaign's file. JSON is YAML, so that nothing in it is read
// otherwise than it was said.
func (o once) file(name string, slot time.Time, zone *time.Location) []byte {
	wave := map[string]any{"wave": "message", "after": "0m", "channels": []string{o.channel}, "message": "messages/message"}
	if o.ramp {
		wave["ramp"] = "1h"
	}
	whole := map[string]any{
		"campaign": name, "says": "One message, sent once.", "holdout": o.holdout, "waves": []any{wave},
		"enter": map[string]any{"schedule": map[string]string{"at": slot.In(zone).Format("2006-01-02 15:04")}, "when": o.segment},
	}
	if o.because != "" {
		whole["because"] = o.because
	}
	text, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		panic(err) // strings only
	}
	return text
}

// blame names what the person gave instead of the file that was made of it.
func (o once) blame(err error, folder, messages string) error {
	var list source.List
	if !errors.As(err, &list) {
		return err
	}
	var out source.List
	for _, d := range list {
		if rest, ok := strings.CutPrefix(filepath.FromSlash(d.File), messages); ok {
			d.File = filepath.ToSlash(filepath.Clean(o.message) + rest)
		} else if strings.HasPrefix(filepath.FromSlash(d.File), folder) {
			flag := map[string]string{"campaign": "--name", "holdout": "--holdout", "because": "--because", "enter.when": "--segment", "waves[0].message": "--message", "waves[0].channels[0]": "--channel"}[d.Path]
			d = source.Diagnostic{File: cmp.Or(flag, "rewave send"), Message: strings.ReplaceAll(d.Message, "messages/message", filepath.ToSlash(filepath.Clean(o.message))), Hint: d.Hint}
		}
		out = append(out, d)
	}
	if !slices.ContainsFunc(out, func(d source.Diagnostic) bool { return !strings.HasPrefix(d.File, "--") }) {
		return fault.New(fault.Usage, "send: "+strings.TrimSpace(out.Error()), "")
	}
	return out
}

func (a *app) showOnce(plan report.Plan, o once, slot time.Time) error {
	p := plan.Campaigns[0]
	cancel := fmt.Sprintf("rewave campaign cancel %s --because \"...\"", p.Campaign)
	who := cmp.Or(p.Audience, &report.Audience{}) // nobody, once the slot is past
	if a.json {
		return a.print(struct {
			Campaign string               `json:"campaign"`
			At       string               `json:"at"`
			Channel  string               `json:"channel"`
			Audience *report.Audience     `json:"audience"` // null: its time is past
			Warnings []report.PlanWarning `json:"warnings"`
			Ramp     bool                 `json:"ramp"`
			Applied  bool                 `json:"applied"`
			Undo     string               `json:"undo"` // the command that takes it back
		}{p.Campaign, timestamp(slot), o.channel, p.Audience, p.Warnings, o.ramp, o.yes, cancel})
	}
	fmt.Fprintln(a.stdout, wrap(p.Campaign+": ", "by "+o.channel+" at "+slot.In(plan.Zone).Format(minute)))
	steps := report.RampSteps(report.English(), p.Waves[0].Ramp)
	if steps != "" {
		steps = ": " + steps
	}
	written := 0
	for _, by := range who.Written {
		written += by.Count
	}
	fmt.Fprintf(a.stdout, "%10s  get it%s\n", thousands(written), steps)
	fmt.Fprintf(a.stdout, "%10s  are held out\n", thousands(who.Hold+who.GlobalHold))
	for _, line := range slices.Concat(who.Before, who.Refused, who.Nothing) {
		fmt.Fprintf(a.stdout, "%10s  do not: %s\n", thousands(line.Count), words(line.Reason))
	}
	for _, warning := range plan.Beware(p) {
		fmt.Fprintln(a.stdout, wrap("Beware: ", warning))
	}
	if o.yes {
		fmt.Fprintf(a.stdout, "It can be taken back until %s:\n  %s\n", slot.In(plan.Zone).Format(minute), cancel)
	}
	return nil
}
