package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

func TestRedisMayDieInMidWaveAndComeBackEmpty(t *testing.T) {
	t.Parallel()
	const customers = 3000 // more than four chunks, which workers may have in hand
	redis, url := ownRedis(t)
	s := newShop(t, testkit.NewDB(t), url, 4, 10*time.Millisecond)
	s.campaign("hello", everyone)
	roles := []*process{s.start("tick"), s.start("tick"), s.start("work"), s.start("work")}
	s.orders(customers)
	s.untilArrived(100)

	redis.end(syscall.SIGKILL)
	down := time.Now()
	before := make([]time.Duration, len(roles))
	for i, p := range roles {
		before[i] = p.cpu()
	}
	s.until("Redis has been missed for a while", func() bool {
		for _, p := range roles {
			p.alive()
		}
		return time.Since(down) > 5*time.Second && strings.Contains(roles[0].text(), "tick failed")
	})
	for i, p := range roles {
		// Half a second for what they had in hand, a fifth of a core for asking again and again.
		if spent, may := p.cpu()-before[i], 500*time.Millisecond+time.Since(down)/5; spent > may {
			t.Errorf("%s computed for %v while Redis was down for %v, want at most %v", p.role, spent, time.Since(down), may)
		}
		if lines := strings.Count(p.text(), "\n"); lines > 20 {
			t.Errorf("%s wrote %d lines while Redis was down:\n%s", p.role, lines, tail(p.text()))
		}
	}
	if got := s.states("hello"); got["planned"] == 0 {
		t.Fatalf("got %v, want some left to send when Redis died", got)
	}

	redis.start()
	back := time.Now()
	n := len(s.arrived())
	s.untilArrived(n + 1)
	t.Logf("the first message came %v after Redis was back", time.Since(back).Round(100*time.Millisecond))
	s.until("all have gone out", func() bool { return s.states("hello")["accepted"] == customers })
	t.Logf("the last of %d came after %v", customers-n, time.Since(back).Round(100*time.Millisecond))
	same(t, "messages", len(s.arrived()), customers)
	same(t, "in doubt", s.reconciled(), 0)
	for _, p := range roles {
		p.stop()
	}
	s.sound()
}

func TestWavesGoOnWithoutRedisAndReturnToIt(t *testing.T) {
	t.Parallel()
	const customers = 4000 // two workers have at most 2,000 in hand
	redis, url := ownRedis(t)
	s := newShop(t, testkit.NewDB(t), url, 4, 5*time.Millisecond)
	s.campaign("hello", everyone)
	s.start("tick")
	workers := []*process{s.start("work"), s.start("work")}
	s.orders(customers)
	s.untilArrived(100)

	redis.end(syscall.SIGKILL)
	down := time.Now()
	// On a busy machine not all are planned yet.
	if got := s.states("hello"); customers-got["accepted"]-got["sending"] < customers/4 {
		t.Fatalf("got %v, want a good part left to send when Redis died", got)
	}
	late := s.start("work") // one that never saw it
	s.until("all have gone out without Redis", func() bool { return s.states("hello")["accepted"] == customers })
	if !strings.Contains(late.text(), "Redis is away") {
		t.Errorf("who started without Redis does not say so:\n%s", tail(late.text()))
	}
	t.Logf("all went out, the last %v after Redis had died", time.Since(down).Round(100*time.Millisecond))

	redis.start()
	for _, p := range append(workers, late) {
		s.until("each worker has said that it went and that it is back", func() bool {
			return !strings.Contains(p.text(), "Redis is away") || strings.Contains(p.text(), "Redis is back")
		})
		if n := strings.Count(p.text(), "Redis is away"); n > 1 {
			t.Errorf("a worker said %d times that Redis is away:\n%s", n, tail(p.text()))
		}
	}
	same(t, "messages", len(s.arrived()), customers)
	same(t, "in doubt", s.reconciled(), 0)
	s.sound()
}
