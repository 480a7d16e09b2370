package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/audit"
	"github.com/rewave/rewave/internal/channel/sink"
	"github.com/rewave/rewave/internal/postgres"
	"github.com/rewave/rewave/internal/testkit"
)

// A shop from an empty database to its second campaign: one server, two workers and
// two tickers side by side.
func TestEveryTreatedCustomerGetsEachMessageOnceUntilTheySayNo(t *testing.T) {
	t.Parallel()
	const customers = 120
	s := newShop(t, &testkit.DB{DSN: testkit.NewEmptyDB(t)}, testkit.NewRedis(t), 8, 0)
	s.run("db", "migrate")
	s.campaign("hello", "50%")
	s.campaign("again", "50%")
	s.run("campaign", "pause", "again")
	web := "http://" + address(s.start("serve"))
	for range 2 {
		s.start("work")
		s.start("tick")
	}
	s.orders(customers)

	s.until("every delivery of the first campaign has ended", func() bool {
		got := s.states("hello")
		return got["accepted"]+got["withheld"] == customers
	})
	first := testkit.Get[int](t, s.db, "select count(*)::int from enrollments join campaigns using (campaign_id) where arm = 'treat' and name = 'hello'")
	same(t, "first campaign", s.states("hello"), map[string]int{"accepted": first, "withheld": customers - first})
	if first < 30 || first > 90 {
		t.Errorf("%d of %d are treated, want about half", first, customers)
	}
	s.compare(first)

	// The link in a message: looking changes nothing, posting withdraws.
	letter := s.toSomeoneInBoth()
	raw, err := sink.ReadMessage(s.sink.MailboxPath(), letter)
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`https://mail\.shop\.example(/u/[A-Za-z0-9_-]+)`).FindStringSubmatch(letter.ListUnsubscribe)
	if link == nil || !strings.Contains(string(raw), link[0]) {
		t.Fatalf("no unsubscribe link in header %q, or not the same in the text:\n%s", letter.ListUnsubscribe, raw)
	}
	if !strings.Contains(string(raw), "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
		t.Errorf("the message offers no one-click unsubscribe:\n%s", raw)
	}
	noes := func() int { return testkit.Get[int](t, s.db, "select count(*)::int from consents where not granted") }
	for range 3 {
		status, page := request(t, http.MethodGet, web+link[1], "")
		if status != http.StatusOK || !strings.Contains(page, `<form method="post">`) {
			t.Fatalf("GET answers %d and no form:\n%s", status, page)
		}
	}
	same(t, "withdrawals after GET", noes(), 0)
	for range 2 {
		if status, page := request(t, http.MethodPost, web+link[1], "List-Unsubscribe=One-Click"); status != http.StatusOK {
			t.Fatalf("POST answers %d:\n%s", status, page)
		}
	}
	same(t, "withdrawals after two POSTs", noes(), 1)
	if status, _ := request(t, http.MethodPost, web+link[1]+"x", "List-Unsubscribe=One-Click"); status != http.StatusBadRequest {
		t.Errorf("a changed link answers %d, want 400", status)
	}

	s.run("campaign", "resume", "again")
	s.until("every delivery of the second campaign has ended", func() bool { return s.states("again")["planned"]+s.states("again")["sending"] == 0 })
	second := testkit.Get[int](t, s.db, "select count(*)::int from enrollments join campaigns using (campaign_id) where arm = 'treat' and name = 'again'")
	same(t, "second campaign", s.states("again"), map[string]int{"accepted": second - 1, "withheld": customers - second, "suppressed": 1})
	for _, e := range s.arrived() {
		if e.To == letter.To && e.Subject == "We say again" {
			t.Errorf("%s said no and got %q", e.To, e.Subject)
		}
	}
	s.compare(first + second - 1)
	status, body := request(t, http.MethodGet, web+"/healthz", "")
	same(t, "health", fmt.Sprint(status, " ", strings.TrimSpace(body)), `200 {"status":"ok"}`)
	s.sound()
}

// toSomeoneInBoth is a message to a customer whom the second campaign would
// write to as well.
func (s *shop) toSomeoneInBoth() sink.Entry {
	s.t.Helper()
	both := testkit.List[string](s.t, s.db, `select email from enrollments join campaigns using (campaign_id) join contacts using (customer_id)
		where arm = 'treat' and name = 'again'`)
	for _, e := range s.arrived() {
		if slices.Contains(both, e.To) {
			return e
		}
	}
	s.t.Fatal("nobody is treated in both campaigns")
	return sink.Entry{}
}

// compare lets the sink's log judge the ledger.
func (s *shop) compare(messages int) {
	s.t.Helper()
	ctx := context.Background()
	store, err := postgres.Open(ctx, s.db.DSN, postgres.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	name, _, err := store.Installation(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	compared, err := audit.Mailbox(ctx, store, "email", func(id int64) string { return fmt.Sprintf("%d.%s", id, name[:8]) },
		func(f func(id, to string) error) error {
			return sink.ReadLog(s.sink.LogPath(), func(e sink.Entry) error { return f(e.ID, e.To) })
		})
	if err != nil {
		s.t.Error(err)
	}
	same(s.t, "messages that ledger and mailbox agree on", compared.Messages, messages)
}

var listening = regexp.MustCompile(`listening.* address=(127\.0\.0\.1:\d+)`)

// address is where a server listens.
func address(p *process) string {
	p.t.Helper()
	m := listening.FindStringSubmatch(p.text())
	if m == nil {
		p.t.Fatalf("the server does not say where it listens:\n%s", p.text())
	}
	return m[1]
}

// request sends no cookies and follows no redirect, like a mail program.
func request(t *testing.T, method, url, form string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
