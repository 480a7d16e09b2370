package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/channel/file"
	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/engine"
	"github.com/rewave/rewave/internal/importer"
	"github.com/rewave/rewave/internal/report"
	"github.com/rewave/rewave/internal/web/show"
)

// uciCredit names the makers of the orders, as their licence asks.
const uciCredit = `Data: Daqing Chen, "Online Retail", UCI Machine Learning Repository (2015), CC BY 4.0.`

// verify lets the mail server's own file judge the ledger, and audits it.
func (d *demo) verify(ctx context.Context) error {
	if err := d.sink.Close(); err != nil {
		return err
	}
	logFile := d.sink.LogPath()
	d.sink = nil
	compared, err := audit.Mailbox(ctx, d.store, "email", d.engine.Ref, func(each func(id, to string) error) error {
		return sink.ReadLog(logFile, func(e sink.Entry) error { return each(e.ID, e.To) })
	})
	if err != nil {
		return err
	}
	d.say("the mail server took %s for %s, every message id once; the ledger has accepted the same ones",
		count(compared.Messages, "message"), count(compared.Recipients, "recipient"))
	if _, sends := d.engine.Channels["sms"]; sends {
		compared, err := audit.Mailbox(ctx, d.store, "sms", d.engine.Ref, func(each func(id, to string) error) error {
			return file.ReadTexts(d.texts(), func(m file.Text) error { return each(m.Ref, m.To) })
		})
		if err != nil {
			return err
		}
		d.say("the folder of text messages holds %s for %s; the same ones again", count(compared.Messages, "message"), count(compared.Recipients, "phone"))
	}
	result, err := audit.Run(ctx, d.store)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(d.out, "audit.txt"), func(w io.Writer) error { return auditText(w, result) }); err != nil {
		return err
	}
	if err := result.Err(); err != nil {
		return errors.Join(err, auditText(d.stdout, result))
	}
	d.audited = allHold(result)
	d.say("%s", d.audited)
	return nil
}

// allHold says that an audit found nothing.
func allHold(r audit.Result) string {
	return fmt.Sprintf("all %d invariants of the ledger hold", len(r.Probes))
}

// reports writes each campaign's report as page, text and JSON.
func (d *demo) reports(ctx context.Context, asOf time.Time) ([]report.Report, error) {
	if d.living != nil {
		d.figures = append(d.figures, show.Count{Label: "orders in two years", N: d.living.orders})
	}
	var all []report.Report
	for _, name := range d.names {
		r, err := d.engine.EvaluateCampaign(ctx, name, engine.Evaluating{AsOf: asOf, Keep: true})
		if err != nil {
			return nil, err
		}
		if d.living != nil {
			if r.Planted, err = d.planted(ctx, r); err != nil {
				return nil, err
			}
		}
		for format, render := range formats {
			ending := map[string]string{"text": "txt"}[format]
			if ending == "" {
				ending = format
			}
			if err := writeFile(filepath.Join(d.out, name+"."+ending), func(w io.Writer) error { return render(r, w) }); err != nil {
				return nil, err
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// close prints the reports, and where everything is. Nothing runs any more.
func (d *demo) close(reports []report.Report) error {
	d.say("reported; the services are stopped and their data removed")
	for _, r := range reports {
		d.summary(r)
	}
	if d.form.preset == importer.UCIOnlineRetail {
		fmt.Fprintf(d.stdout, "\n%s\n", wrap("", uciCredit))
	}
	fmt.Fprintf(d.stdout, "\n%s.\n\nOpen in a browser:\n", sentenceCase(d.audited))
	for _, r := range reports {
		fmt.Fprintf(d.stdout, "  %s.html\n", filepath.Join(d.out, r.Campaign))
	}
	fmt.Fprintf(d.stdout, `Beside them:
  *.plan.html            what was planned before the first message
  *.txt .md .csv .json   the same reports to read, to paste and for programs
  audit.txt              the ledger's invariants, one by one
  mailbox/mailbox.mbox   every e-mail as it arrived; log.jsonl lists them
  texts/                 every text message, where the shop sends any
  campaigns/             the campaigns as they ran, to change and run again
  *.rejects.csv          what an import left out, with the reason
`)
	next := []string{"rewave dev", "rewave import inspect FILE", "rewave demo --orders FILE"}
	if d.orders != "" {
		next = []string{"rewave dev", "rewave campaign new spring-tea"}
	}
	if d.listener == nil {
		next = append([]string{"rewave demo --serve"}, next...)
	}
	fmt.Fprintln(d.stdout, "\nNext:")
	for _, line := range next {
		fmt.Fprintln(d.stdout, "  "+strings.Replace(line, "rewave", d.called(), 1))
	}
	return nil
}

// called is how this program was called, so that what is shown can be typed.
func (d *demo) called() string {
	if path := os.Args[0]; strings.Contains(path, "/") && !filepath.IsAbs(path) {
		return path
	}
	return "rewave"
}

// sentenceCase begins a text as a sentence does.
func sentenceCase(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// writeFile writes a whole file or reports why not.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	if err := write(w); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return w.Flush()
}
