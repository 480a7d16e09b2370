package postgres_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/rewave/rewave/internal/testkit"
)

// A queue that goes by another name than last time is lost; one more queue is not,
// nor is one that nobody speaks of, and of those who ask at once one hears of it.
func TestAQueueOfAnotherNameIsLostOnce(t *testing.T) {
	t.Parallel()
	db := testkit.NewDB(t)
	for _, step := range []struct {
		says string
		now  map[string]string
		lost []string
	}{
		{"the first time", map[string]string{"email": "a"}, nil},
		{"the same", map[string]string{"email": "a"}, nil},
		{"one more", map[string]string{"email": "a", "sms": "a"}, nil},
		{"one of two", map[string]string{"email": "b", "sms": "a"}, []string{"email"}},
		{"written", map[string]string{"email": "b", "sms": "a"}, nil},
		{"of one nobody speaks", map[string]string{"email": "b"}, nil},
		{"nor forgets it", map[string]string{"sms": "b"}, []string{"sms"}},
		{"both", map[string]string{"email": "c", "sms": "c"}, []string{"email", "sms"}},
		{"none", map[string]string{}, nil},
	} {
		lost, err := db.Store.QueueIncarnations(t.Context(), step.now)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(lost, step.lost) {
			t.Errorf("%s: got %v, want %v", step.says, lost, step.lost)
		}
	}
	db.Exec(t, "update installation set queue = '0c5b7c1e-one-name-for-all'") // as earlier versions wrote it
	if lost, err := db.Store.QueueIncarnations(t.Context(), map[string]string{"email": "c"}); err != nil || len(lost) != 0 {
		t.Errorf("after an earlier version: got %v (%v), want none", lost, err)
	}
	var mu sync.Mutex
	var heard []string
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			lost, err := db.Store.QueueIncarnations(context.Background(), map[string]string{"email": "d"})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, lost...)
		})
	}
	all.Wait()
	if !slices.Equal(heard, []string{"email"}) {
		t.Errorf("eight at once: got %v, want one email", heard)
	}
}
