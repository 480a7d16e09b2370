package engine_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/engine"
)

// logged has the engine write its warnings, without their times, into a buffer.
func (w *world) logged() *bytes.Buffer {
	var b bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	return &b
}

// A dead mail server is no secret of the ledger's.
func TestWhatAProviderDoesNotTakeIsLoggedOncePerReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := w.logged()
	w.provider.answer = func(m channel.Message) channel.Outcome {
		switch {
		case strings.HasPrefix(m.To, "c1@"):
			return channel.Outcome{Verdict: channel.Failed, Reason: "rcpt 550 5.1.1"}
		case strings.HasPrefix(m.To, "c2@"):
			return channel.Outcome{Verdict: channel.Unknown}
		}
		return channel.Outcome{Verdict: channel.NotTaken, Reason: "dial: connection refused"}
	}
	w.entered(5, thanks(treatAll))
	sent := w.send(start.Add(1 * days))
	same(t, "sent", sent, engine.Sent{Failed: 1, Unknown: 1, Returned: 3, Gated: 5})
	same(t, "log", log.String(), `level=WARN msg="the provider did not take messages" channel=email campaign=thanks wave=hello messages=3 reason="dial: connection refused" now=planned
level=WARN msg="the provider did not take messages" channel=email campaign=thanks wave=hello messages=1 reason="rcpt 550 5.1.1" now=failed
level=WARN msg="the provider did not take messages" channel=email campaign=thanks wave=hello messages=1 reason="no reason given" now=unknown
`)
}

func TestReasonsWithoutEndAreSummedUpInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	log := w.logged()
	w.provider.answer = func(m channel.Message) channel.Outcome {
		return channel.Outcome{Verdict: channel.Failed, Reason: fmt.Sprint("request ", m.Ref)}
	}
	w.entered(13, thanks(treatAll))
	w.send(start.Add(1 * days))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	same(t, "lines", len(lines), 11)
	same(t, "the last", lines[len(lines)-1],
		`level=WARN msg="the provider did not take messages, for other reasons" channel=email campaign=thanks wave=hello messages=3 reasons=3`)
}
