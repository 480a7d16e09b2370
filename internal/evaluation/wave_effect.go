package evaluation

import (
	"time"

	"github.com/rewave/rewave/internal/holdout"
	"github.com/rewave/rewave/internal/stats"
)

// WaveInput is one wave in one round, of treated customers whom it could have
// reached: nothing but the lot stood between them and the message.
type WaveInput struct {
	Round         int
	Wave          string
	Window        time.Duration // from the wave's scheduled instant
	Share         holdout.Share // that the lot skips
	Sent, Skipped WaveArm
}

// WaveArm is one side of the lot.
type WaveArm struct {
	Available int64
	Final     Totals // of those, whose window and return window are over
}

// Effect is what the wave itself changed, later waves going on as they do. The
// lot is drawn anew for each wave and round, so that its two sides are alike
// whatever happened before.
func (in WaveInput) Effect() WaveEffect {
	e := WaveEffect{
		Round: in.Round, Wave: in.Wave, Window: in.Window.Hours(),
		Sent:    armOf(holdout.Treat, in.Sent.Available, in.Sent.Final),
		Skipped: armOf(holdout.Treat, in.Skipped.Available, in.Skipped.Final),
		Code:    in.code(), Difference: Figure{Method: methodScore},
	}
	if e.Code != "" {
		e.Difference.Code = e.Code
		return e
	}
	sent, skipped := count(in.Sent.Final), count(in.Skipped.Final)
	if d, ok := stats.ScoreDifference(sent, skipped, alpha); ok {
		e.Difference = figure(d, methodScore)
	}
	if _, p, ok := stats.ScoreTest(sent, skipped); ok {
		e.P = Number(p)
	}
	return e
}

// code is why the effect is not shown. A lot whose sides are not of the planned
// sizes was not the only thing between customers and the message.
func (in WaveInput) code() Code {
	final, available := in.Sent.Final.Enrollments+in.Skipped.Final.Enrollments, in.Sent.Available+in.Skipped.Available
	switch {
	case in.Share == 0:
		return E10
	case mismatch(in.Sent.Available, in.Skipped.Available, in.Share):
		return E01
	case available == 0 || !Opens(final, available):
		return E03
	case in.Skipped.Final.Enrollments < LeastHeld || in.Sent.Final.Buyers < LeastBuyers || in.Skipped.Final.Buyers < LeastBuyers:
		return E02
	}
	return ""
}
