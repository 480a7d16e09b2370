package testkit

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

func TestAProxyRelaysBothWays(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, "tcp", echo(t), 1)
	c := dial(t, p)
	say(t, c, "hello")
	hear(t, c, "hello")
	c.CloseWrite()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after the end got %v, want EOF", err)
	}
	if got := p.Lost(); got != 0 {
		t.Errorf("%d connections were lost, want none", got)
	}
}

func TestAProxyCutsAndRefusesUntilItIsHealed(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, "tcp", echo(t), 1)
	c := dial(t, p)
	say(t, c, "hello")
	hear(t, c, "hello")
	if got := p.Shut(); got != 1 {
		t.Errorf("cut %d connections, want 1", got)
	}
	ends(t, c)
	if c, err := net.Dial("tcp", p.Addr()); err == nil { // else it was reset before we looked
		ends(t, c)
		c.Close() // it has ended
	}
	p.Heal()
	again := dial(t, p)
	say(t, again, "again")
	hear(t, again, "again")
}

func TestAProxyThatIsMovedLeadsToTheOther(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, "tcp", listen(t, func(c net.Conn) { io.WriteString(c, "first"); io.Copy(io.Discard, c) }), 1) // it may be cut
	c := dial(t, p)
	hear(t, c, "first")
	p.Move("tcp", listen(t, func(c net.Conn) { io.WriteString(c, "other"); io.Copy(io.Discard, c) }))
	ends(t, c)
	hear(t, dial(t, p), "other")
}

func TestAHalfOpenConnectionIsSilentOneWayAndNeverGoesOn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		way   Way
		heard string // by the service
	}{
		{"to the service", Upstream, ""},
		{"from the service", Downstream, "hello\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			heard := make(chan string, 1)
			p := NewProxy(t, "tcp", listen(t, func(c net.Conn) {
				line, _ := bufio.NewReader(c).ReadString('\n') // a cut is an answer too
				heard <- line
				io.WriteString(c, line) // it may be gone
			}), 1)
			c := dial(t, p)
			p.Deafen(test.way)
			say(t, c, "hello\n")
			c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("got %v, want silence", err)
			}
			p.Heal()
			ends(t, c)
			if got := <-heard; got != test.heard {
				t.Errorf("the service heard %q, want %q", got, test.heard)
			}
		})
	}
}

func TestAProxyHoldsBack(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, "tcp", echo(t), 1)
	p.Delay(40 * time.Millisecond)
	c := dial(t, p)
	begun := time.Now()
	say(t, c, "hello")
	hear(t, c, "hello")
	if took := time.Since(begun); took < 80*time.Millisecond {
		t.Errorf("there and back took %v, want at least 80ms", took)
	}
}

func TestAProxyResetsWithinSoManyBytes(t *testing.T) {
	t.Parallel()
	p := NewProxy(t, "tcp", listen(t, func(c net.Conn) { io.Copy(c, zeros{}) }), 7) // until it is reset
	p.ResetWithin(1000)
	for range 4 {
		c, err := net.Dial("tcp", p.Addr())
		if err != nil {
			continue // it was reset before we looked
		}
		n, err := io.Copy(io.Discard, c)
		if err == nil || n > 1000 {
			t.Errorf("got %d bytes and %v, want a reset within 1000", n, err)
		}
		c.Close() // it has ended
	}
	p.Heal()
	if got := p.Lost(); got != 4 {
		t.Errorf("%d connections were lost, want 4", got)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return min(len(p), 100), nil }

func echo(t *testing.T) string {
	return listen(t, func(c net.Conn) { io.Copy(c, c) }) // until it ends
}

// listen serves each connection by serve.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second)) // shows on the next read
	return c.(*net.TCPConn)
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("heard %q and %v, want %q", got, err, want)
	}
}

// ends expects no more bytes, and no timeout.
func ends(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %d bytes and %v, want an end", n, err)
	}
}
