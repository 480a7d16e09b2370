package coupon

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhichOrderRedeemsACode(t *testing.T) {
	t.Parallel()
	const ann, bob = 1, 2
	at := func(hours int) time.Time { return day.Add(time.Duration(hours) * time.Hour) }
	anns := Binding{Customer: ann, From: at(0), Until: at(240)}
	for _, test := range []struct {
		name     string
		code     Binding
		uses     []Use
		redeemed int64
		leaks    []Leak
	}{
		{"nobody used it", anns, nil, 0, nil},
		{"its own customer", anns, []Use{{10, ann, at(5), true}}, 10, nil},
		{"at the instant it was given", anns, []Use{{10, ann, at(0), true}}, 10, nil},
		{"without an end", Binding{Customer: ann, From: at(0)}, []Use{{10, ann, at(9999), true}}, 10, nil},
		{"at its end", anns, []Use{{10, ann, at(240), true}}, 0, []Leak{{10, LeakExpired}}},
		{"before it was given", anns, []Use{{10, ann, at(-1), true}}, 0, []Leak{{10, LeakEarly}}},
		{"free", Binding{}, []Use{{10, ann, at(5), true}, {11, 0, at(6), true}}, 0, []Leak{{10, LeakFree}, {11, LeakFree}}},
		{"somebody else, first", anns, []Use{{10, bob, at(1), true}, {11, ann, at(5), true}}, 11, []Leak{{10, LeakOther}}},
		{"a guest", anns, []Use{{10, 0, at(1), true}}, 0, []Leak{{10, LeakGuest}}},
		{"twice", anns, []Use{{11, ann, at(6), true}, {10, ann, at(5), true}}, 10, []Leak{{11, LeakAgain}}},
		{"twice in one instant", anns, []Use{{11, ann, at(5), true}, {10, ann, at(5), true}}, 10, []Leak{{11, LeakAgain}}},
		{"undone, then again", anns, []Use{{10, ann, at(5), false}, {11, ann, at(6), true}}, 11, nil},
		{"again, then undone", anns, []Use{{10, ann, at(5), true}, {11, ann, at(6), false}}, 10, nil},
		{"all undone", anns, []Use{{10, ann, at(5), false}, {11, ann, at(6), false}}, 10, nil},
		{"everything", anns, []Use{{16, ann, at(300), true}, {10, ann, at(-5), true}, {11, bob, at(1), true}, {12, ann, at(2), false},
			{13, ann, at(3), true}, {14, 0, at(4), true}, {15, ann, at(5), true}}, 13,
			[]Leak{{10, LeakEarly}, {11, LeakOther}, {14, LeakGuest}, {15, LeakAgain}, {16, LeakExpired}}},
	} {
		redeemed, leaks := Redeem(test.code, test.uses)
		if redeemed != test.redeemed {
			t.Errorf("%s: redeemed by %d, want %d", test.name, redeemed, test.redeemed)
		}
		if diff := cmp.Diff(leaks, test.leaks); diff != "" {
			t.Errorf("%s: leaks (-got +want):\n%s", test.name, diff)
		}
		rand.Shuffle(len(test.uses), func(i, j int) { test.uses[i], test.uses[j] = test.uses[j], test.uses[i] })
		again, leaksAgain := Redeem(test.code, test.uses)
		if again != redeemed || !cmp.Equal(leaksAgain, leaks) {
			t.Errorf("%s: in another order it was %d and %v", test.name, again, leaksAgain)
		}
	}
}
