package email_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/sink"
)

// pipelined greets as a server that pipelines, and reads the first envelope.
func (p *peer) pipelined() {
	p.say("220 test")
	p.hear("EHLO")
	p.say("250-test\r\n250 PIPELINING")
	p.next()
}

// next reads an envelope.
func (p *peer) next() {
	p.hear("MAIL")
	p.hear("RCPT")
	p.hear("DATA")
}

// The envelope of the message that waits comes with the content of the one before,
// and what becomes of each is its own.
func TestEnvelopesComeWithTheContentBefore(t *testing.T) {
	t.Parallel()
	accepted := channel.Outcome{Verdict: channel.Accepted}
	const go3 = "250 ok\r\n250 ok\r\n354 go"
	take := func(p *peer) { p.pipelined(); p.say(go3); p.content(); p.say("250 ok"); p.wait() }
	for name, tt := range map[string]struct {
		first       func(*peer, context.CancelFunc) // after the first content and the second envelope were heard
		outcomes    []channel.Outcome
		connections int32
	}{
		"both taken": {func(p *peer, _ context.CancelFunc) {
			p.say("250 ok\r\n" + go3)
			p.content()
			p.say("250 ok")
			p.wait()
		}, []channel.Outcome{accepted, accepted}, 1},
		"the first refused": {func(p *peer, _ context.CancelFunc) {
			p.say("554 5.7.1 no\r\n" + go3)
			p.content()
			p.say("250 ok")
			p.wait()
		}, []channel.Outcome{{Verdict: channel.Failed, Reason: "content 554 5.7.1"}, accepted}, 1},
		"the second refused": {func(p *peer, _ context.CancelFunc) {
			p.say("250 ok\r\n250 ok\r\n550 5.1.1 no\r\n503 no")
			p.rset()
		}, []channel.Outcome{accepted, {Verdict: channel.Failed, Reason: "rcpt 550 5.1.1"}}, 1},
		"closed without a word": {func(*peer, context.CancelFunc) {},
			[]channel.Outcome{{Verdict: channel.Unknown, Reason: "connection lost after data"}, accepted}, 2},
		"closed between the two": {func(p *peer, _ context.CancelFunc) { p.say("250 ok") }, []channel.Outcome{accepted, accepted}, 2},
		"the second given up": {func(p *peer, cancel context.CancelFunc) { cancel(); p.say("250 ok\r\n" + go3); p.wait() },
			[]channel.Outcome{accepted, {Verdict: channel.NotTaken, Reason: "cancelled", Trouble: channel.OurOwn}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			heard, waits := make(chan struct{}), make(chan struct{})
			opts, connections := serve(t, func(p *peer) {
				p.pipelined()
				close(heard)
				<-waits
				p.say(go3)
				p.content()
				p.next()
				tt.first(p, cancel)
			}, take)
			opts.InFlight = 1
			c := open(t, opts)
			got := make([]channel.Outcome, 2)
			first := make(chan struct{})
			go func() {
				defer close(first)
				got[0] = c.Send(t.Context(), letter)
			}()
			<-heard // the first has the connection, and may go on when the second waits for it
			second := make(chan struct{})
			go func() {
				defer close(second)
				got[1] = c.Send(ctx, letter)
			}()
			c.AwaitWaiting()
			close(waits)
			<-first
			<-second
			got[0].ProviderID, got[1].ProviderID = "", ""
			if diff := cmp.Diff(tt.outcomes, got); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if got := connections.Load(); got != tt.connections {
				t.Errorf("connections = %d, want %d", got, tt.connections)
			}
		})
	}
}

// What is written in pieces arrives whole, lines of dots too.
func TestALongMessageArrivesWhole(t *testing.T) {
	t.Parallel()
	s, opts := startSink(t, sink.Options{})
	m := letter
	m.Text = strings.Repeat(".\n..\nA line with a dot.\n.and another\n", 8_000)
	if got := open(t, opts).Send(t.Context(), m); got.Verdict != channel.Accepted {
		t.Fatalf("outcome = %+v", got)
	}
	if got := read(t, s); len(got) != 1 || strings.ReplaceAll(got[0].Text, "\r\n", "\n") != m.Text {
		t.Errorf("another message arrived than was sent")
	}
}
