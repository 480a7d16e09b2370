package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

func TestPostgreSQLMayDieInMidWave(t *testing.T) {
	t.Parallel()
	const customers = 600
	postgres, dsn, redis := ownStack(t)
	s := newShop(t, &testkit.DB{DSN: dsn}, redis, 4, 20*time.Millisecond)
	s.run("db", "migrate")
	s.campaign("hello", everyone)
	serve := s.start("serve")
	health := func() string {
		status, body := request(t, http.MethodGet, "http://"+address(serve)+"/healthz", "")
		return fmt.Sprint(status, " ", strings.TrimSpace(body))
	}
	roles := []*process{serve, s.start("tick"), s.start("tick"), s.start("work"), s.start("work")}
	s.orders(customers)

	for _, n := range []int{60, 200} {
		s.untilArrived(n)
		postgres.end(syscall.SIGQUIT) // an immediate shutdown: no checkpoint, no goodbye
		if got := health(); !lost.MatchString(got) {
			t.Errorf("health without a database: %s", got)
		}
		down := time.Now()
		before := len(serve.text())
		s.until("the database has been missed for a while", func() bool {
			for _, p := range roles {
				p.alive()
			}
			return time.Since(down) > 2*time.Second
		})
		postgres.start()
		same(t, "health", health(), `200 {"status":"ok"}`)
		if wrote := len(serve.text()) - before; wrote > 4000 {
			t.Errorf("the server wrote %d bytes while the database was down", wrote)
		}
	}
	s.until("nothing is left to be sent", func() bool {
		s.overtime()
		return s.states("hello")["planned"] == 0 && s.calls.between(time.Now().Add(-2*time.Second), time.Now()) == 0
	})
	// A gate whose commit was not heard of left rows that nobody will call.
	s.db.Exec(t, "update claims set attend_at = clock_timestamp() where kind = 'lease'")
	s.until("the reaper has seen what lapsed", func() bool { return s.states("hello")["sending"] == 0 })
	got := s.states("hello")
	same(t, "states", got, merge(map[string]int{"accepted": customers - got["unknown"]}, "unknown", got["unknown"]))
	same(t, "in doubt", s.reconciled(), got["unknown"])
	t.Logf("%d messages arrived, %d in doubt", len(s.arrived()), got["unknown"])
	for _, p := range roles {
		p.stop()
	}
	s.sound()
}

// lost is what the health page says without a database: on an open connection,
// and on a new one.
var lost = regexp.MustCompile(`^503 \{"message":"(the connection to PostgreSQL was lost|the database was shut down|cannot connect to PostgreSQL at [^"]+)","status":"unavailable"\}$`)

// merge adds a count unless it is none.
func merge(counts map[string]int, state string, n int) map[string]int {
	if n > 0 {
		counts[state] = n
	}
	return counts
}
