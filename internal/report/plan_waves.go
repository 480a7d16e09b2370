package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// waveOrder is the waves' places in the order of time.
func (v planView) waveOrder() []int {
	order := make([]int, len(v.Waves))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := v.Waves[a].Starts, v.Waves[b].Starts; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return order
}

// starts is when a wave falls in its round.
func (v planView) starts(w PlannedWave) string {
	if w.Starts == 0 {
		return v.Say("plan.wave.at")
	}
	h := w.Starts
	if h >= 48 {
		h = 24 * math.Round(h/24) // hours of the day move it by less than a day
	}
	return v.Say("plan.wave.starts", "day", hours(v.Language, h))
}

// parts is what else is to say of a wave.
func (v planView) parts(w PlannedWave) []string {
	var said []string
	if w.Service {
		said = append(said, v.Say("plan.wave.service"))
	}
	for _, x := range w.Variants {
		said = append(said, v.Say("plan.wave.variant", "name", x.Name, "share", v.share(x.Share)))
	}
	if len(w.Coupons) > 0 {
		said = append(said, v.Say("plan.wave.coupons", "pools", strings.Join(w.Coupons, ", ")))
	}
	if w.Skip > 0 {
		said = append(said, v.Say("plan.wave.skip", "share", v.share(w.Skip)))
	}
	return said
}

// arrow is what stands between a wave and the one that it counts from.
func (v planView) arrow(w PlannedWave) string {
	said := []string{v.Say("plan.wave.once")}
	if w.Wait > 0 {
		said[0] = v.Say("plan.wave.after", "wait", hours(v.Language, w.Wait))
	}
	if w.Requires {
		said = append(said, v.Say("plan.wave.requires"))
	}
	if len(w.Unless) > 0 {
		said = append(said, v.Say("plan.wave.unless", "unless", strings.Join(w.Unless, ", ")))
	}
	return strings.Join(said, ", ")
}

func (v planView) held() string {
	if v.holdout() == 0 {
		return ""
	}
	return v.Say("plan.waves.held", "share", v.share(v.holdout()))
}

func (v planView) treated() string {
	if v.holdout() == 0 {
		return v.Say("plan.waves.treated")
	}
	return v.Say("plan.waves.treated.share", "share", v.share(1-v.holdout()))
}

func (v planView) rounds() string {
	if v.Rounds.Times <= 1 {
		return ""
	}
	return v.Say("plan.waves.rounds", "times", fmt.Sprint(v.Rounds.Times), "every", hours(v.Language, v.Rounds.Every))
}
