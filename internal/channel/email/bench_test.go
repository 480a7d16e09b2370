package email_test

import (
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/channel"
	"github.com/rewave/rewave/internal/channel/email"
	"github.com/rewave/rewave/internal/testkit"
)

// ordinary is a message with text and HTML of about 2 KB each.
func ordinary() channel.Message {
	m := letter
	m.Text = strings.Repeat("Some words of an ordinary message, as one writes them.\n", 36)
	m.HTML = "<p>" + strings.Repeat("Some words of an ordinary message, as one writes them.<br>\n", 34) + "</p>"
	m.Headers = map[string]string{"List-Unsubscribe": "<https://shop.example/u/x>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
	return m
}

// BenchmarkSend hands messages to a lean server on the same cores, 20 at a time.
func BenchmarkSend(b *testing.B) {
	for name, pipelining := range map[string]bool{"plain": false, "pipelining": true} {
		b.Run(name, func(b *testing.B) {
			s := testkit.StartLeanSMTP(b, pipelining)
			c := open(b, email.Options{Host: s.Host, Port: s.Port, TLS: email.TLSNone, InFlight: 40})
			m := ordinary()
			b.SetParallelism(20)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if got := c.Send(b.Context(), m); got.Verdict != channel.Accepted {
						b.Errorf("outcome = %+v", got)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
