package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// life is what customers and marketers do meanwhile. It notes when they heard
// that it was done.
type life struct {
	*chaos
	draw     *rand.Rand
	files    int
	paused   time.Time
	happened facts
}

func newLife(c *chaos) *life {
	return &life{chaos: c, draw: rand.New(rand.NewPCG(c.seed, 3)),
		happened: facts{OptOuts: map[string]time.Time{}, Orders: map[string]time.Time{}, Cancelled: map[string]time.Time{}}}
}

// campaigns applies three: one that a second order ends, one that goes to
// everybody, one that will be cancelled.
func (c *chaos) campaigns() {
	again := ""
	if !c.size.Hurry {
		again = "  - {wave: later, after: {wave: now, wait: 1m}, channels: [email], message: messages/later, expires_after: 2d}\n"
	}
	for _, x := range []struct{ name, holdout, exit, waves string }{
		{"hello", "20%", "exit: [repurchased]\n", `  - {wave: now, after: 0m, channels: [email], message: messages/now, expires_after: 2d}
  - {wave: later, after: {wave: now, wait: 1m}, channels: [email], message: messages/later, expires_after: 2d}
`},
		{"news", "10%", "exit: []\n", `  - {wave: now, after: 1m, channels: [email], message: messages/now, expires_after: 2d}
` + again},
		{"doomed", "10%", "exit: []\n", `  - {wave: now, after: 1m, channels: [email], message: messages/now, expires_after: 2d}
`},
	} {
		c.write(x.name+"/campaign.yaml", "campaign: "+x.name+`
says: Greet who buys.
enter: {on: order_paid, when: "true"}
holdout: `+x.holdout+"\n"+x.exit+"waves:\n"+x.waves+`evaluation:
  points: {overall_30d: {from: {wave: now, round: 1}, window: 30d}}
`)
		for _, wave := range []string{"now", "later"} {
			if wave == "now" || strings.Contains(x.waves, "wave: later") {
				c.write(x.name+"/messages/"+wave+"/subject.txt", x.name+" "+wave+"\n")
				c.write(x.name+"/messages/"+wave+"/text.txt", "Dear {{ customer.id }}.\n{{ unsubscribe_url }}\n")
			}
		}
		c.run("campaign", "apply", x.name)
	}
	// Orders are placed before now, so that what waits a minute for them need not be waited for.
	c.db.Exec(c.t, "update campaigns set activated_at = activated_at - interval '1 hour'")
}

// customers imports n of them with an order each, a minute in the past and later:
// what waits a minute comes due over the first two thirds of the run.
func (c *chaos) customers(n int) {
	draw := rand.New(rand.NewPCG(c.seed, 4))
	now := time.Now()
	var customers, orders strings.Builder
	customers.WriteString("customer_id,email,consent_email,consent_at\n")
	orders.WriteString("order_id,customer_id,placed_at,sku,quantity,unit_price\n")
	for i := range n {
		at := now.Add(-time.Minute + time.Duration(draw.Int64N(int64(c.size.Faults*2/3))))
		c.first = append(c.first, at)
		fmt.Fprintf(&customers, "c%d,c%d@mail.example,yes,2026-01-01\n", i+1, i+1)
		fmt.Fprintf(&orders, "o%d,c%d,%s,mug,1,9.90\n", i+1, i+1, at.UTC().Format(time.RFC3339))
	}
	c.write("customers.csv", customers.String())
	c.write("orders.csv", orders.String())
	c.run("import", "customers", "customers.csv")
	c.run("import", "orders", "orders.csv")
}

// live goes on until ctx ends.
func (l *life) live(ctx context.Context) {
	cancel := time.Now().Add(l.size.Faults / 2)
	for n := 0; ctx.Err() == nil; n++ {
		switch {
		case l.paused.IsZero() && n%8 == 1:
			if _, ok := l.try("campaign", "pause", "news", "--because", "a look at it"); ok {
				l.paused = time.Now()
			}
		case !l.paused.IsZero() && time.Since(l.paused) > bites+3*time.Second:
			l.resume()
		case len(l.happened.Cancelled) == 0 && time.Now().After(cancel):
			l.cancel()
		case n%8 == 3:
			l.sayNo()
		case n%8 == 6:
			l.buy()
		default:
			for range 4 {
				l.unsubscribe(ctx)
			}
		}
		timer := time.NewTimer(between(l.draw, 100*time.Millisecond, 400*time.Millisecond))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// settle ends what must not stay as it is.
func (l *life) settle() {
	for range 100 {
		if len(l.happened.Cancelled) == 0 {
			l.cancel()
		}
		if !l.paused.IsZero() {
			l.resume()
		}
		if l.paused.IsZero() && len(l.happened.Cancelled) > 0 {
			return
		}
		l.sleep(200 * time.Millisecond)
	}
	l.t.Error("a campaign can neither be resumed nor cancelled")
}

func (l *life) resume() {
	asked := time.Now()
	if _, ok := l.try("campaign", "resume", "news"); ok {
		l.happened.Pauses = append(l.happened.Pauses, pause{"news", l.paused, asked})
		l.paused = time.Time{}
	} else {
		// It may have been done all the same: then the pause has ended.
		l.happened.Pauses = append(l.happened.Pauses, pause{"news", l.paused, asked})
		l.paused = time.Now().Add(time.Hour)
		if _, ok := l.try("campaign", "resume", "news"); ok {
			l.paused = time.Time{}
		}
	}
}

func (l *life) cancel() {
	if _, ok := l.try("campaign", "cancel", "doomed", "--because", "sold out"); ok {
		l.happened.Cancelled["doomed"] = time.Now()
	}
}

// unsubscribe follows the link of a message that came.
func (l *life) unsubscribe(ctx context.Context) {
	to, ok := l.double.anyLetter(l.draw)
	if !ok || l.draw.IntN(4) > 0 { // most read on
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.web+to.Link, strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		l.t.Error(err)
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // nobody promised them anything
	}
	resp.Body.Close()
	if _, before := l.happened.OptOuts[to.To]; resp.StatusCode == http.StatusOK && !before {
		l.happened.OptOuts[to.To] = time.Now()
	}
}

// sayNo imports that some do not want anything any more.
func (l *life) sayNo() {
	rows := "customer_id,email,consent_email,consent_at\n"
	some := l.some()
	for _, i := range some {
		rows += fmt.Sprintf("c%d,c%d@mail.example,no,%s\n", i, i, time.Now().UTC().Format(time.RFC3339))
	}
	if l.imported("customers", rows) {
		l.note(l.happened.OptOuts, some)
	}
}

// buy imports second orders.
func (l *life) buy() {
	rows := "order_id,customer_id,placed_at,sku,quantity,unit_price\n"
	// Whoever has not placed the first order yet would come in by this one, and not leave by it.
	some := slices.DeleteFunc(l.some(), func(i int) bool { return time.Since(l.first[i-1]) < time.Second })
	for _, i := range some {
		rows += fmt.Sprintf("again%d-%d,c%d,%s,mug,1,9.90\n", l.files, i, i, time.Now().UTC().Format(time.RFC3339))
	}
	if l.imported("orders", rows) {
		l.note(l.happened.Orders, some)
	}
}

func (l *life) some() []int {
	n := make([]int, 5+l.draw.IntN(10))
	for i := range n {
		n[i] = 1 + l.draw.IntN(l.size.Customers)
	}
	return n
}

func (l *life) note(in map[string]time.Time, some []int) {
	for _, i := range some {
		to := fmt.Sprintf("c%d@mail.example", i)
		if _, before := in[to]; !before {
			in[to] = time.Now()
		}
	}
}

func (l *life) imported(what, rows string) bool {
	l.files++
	name := fmt.Sprintf("%s-%d.csv", what, l.files)
	l.write(name, rows)
	_, ok := l.try("import", what, name)
	return ok
}

// try runs a command that may fail, because the database may be away.
func (c *chaos) try(args ...string) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Sprintf("%s%v after %v", out.String(), err, time.Since(begun).Round(time.Second)), false
	}
	return out.String(), true
}
