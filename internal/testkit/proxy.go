package testkit

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy is a relay on the loopback that fails when it is told to. What it does
// to which connection is drawn from its seed.
type Proxy struct {
	listener net.Listener
	all      sync.WaitGroup

	mu    sync.Mutex
	to    [2]string // network and address of the service
	draw  *rand.Rand
	open  map[*relay]bool
	lost  int // connections that were cut while they were open
	delay time.Duration
	limit int64 // reset each connection after at most so many bytes; 0: never
	deaf  [2]bool
	shut  bool // new connections are refused
}

// Way is a direction through a Proxy.
type Way int

const (
	Upstream   Way = iota // from the client to the service
	Downstream            // from the service to the client
)

// relay is one connection: two pumps.
type relay struct {
	sides [2]net.Conn // the client's, the service's
	once  sync.Once
	done  chan struct{}
	left  int64 // bytes until it is reset; negative: no end
	holed bool  // bytes have vanished in it: it must never go on
}

// NewProxy listens on a free port of the loopback and relays to a service, by
// tcp or unix, until the test ends.
func NewProxy(t testing.TB, network, target string, seed uint64) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, to: [2]string{network, target}, draw: rand.New(rand.NewPCG(seed, 1)), open: map[*relay]bool{}}
	p.all.Go(p.accept)
	t.Cleanup(func() {
		l.Close() // ends accept
		p.Cut(1)
		p.all.Wait()
	})
	return p
}

// Addr is the host and port to connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Cut resets a share of the open connections and returns how many.
func (p *Proxy) Cut(share float64) int {
	p.mu.Lock()
	var chosen []*relay
	for r := range p.open {
		if p.draw.Float64() < share {
			chosen = append(chosen, r)
		}
	}
	p.mu.Unlock()
	for _, r := range chosen {
		p.reset(r)
	}
	return len(chosen)
}

// Deafen makes the bytes of one way vanish, as behind a firewall that forgot
// the connection: nobody hears of it. A connection that lost any is reset by Heal.
func (p *Proxy) Deafen(way Way) { p.set(func() { p.deaf[way] = true }) }

// Delay holds each piece back for so long.
func (p *Proxy) Delay(d time.Duration) { p.set(func() { p.delay = d }) }

// ResetWithin resets each connection, open or new, after 1 to n bytes more.
func (p *Proxy) ResetWithin(n int64) {
	p.set(func() {
		p.limit = n
		for r := range p.open {
			r.left = 1 + p.draw.Int64N(n)
		}
	})
}

// Shut cuts everything and refuses new connections.
func (p *Proxy) Shut() int {
	p.set(func() { p.shut = true })
	return p.Cut(1)
}

// Move has the address lead to another service, and cuts what leads to the old one.
func (p *Proxy) Move(network, target string) {
	p.set(func() { p.to = [2]string{network, target} })
	p.Cut(1)
}

// Heal ends all that was asked for. What had lost bytes is reset first.
func (p *Proxy) Heal() {
	var holed []*relay
	p.set(func() {
		p.delay, p.limit, p.shut, p.deaf = 0, 0, false, [2]bool{}
		for r := range p.open {
			r.left = -1
			if r.holed {
				holed = append(holed, r)
			}
		}
	})
	for _, r := range holed {
		p.reset(r)
	}
}

// Lost is how many connections have been reset by the proxy so far.
func (p *Proxy) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

func (p *Proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.all.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	p.mu.Lock()
	to := p.to
	p.mu.Unlock()
	service, err := net.DialTimeout(to[0], to[1], time.Second)
	r := &relay{sides: [2]net.Conn{client, service}, done: make(chan struct{}), left: -1}
	p.mu.Lock()
	refused := p.shut || err != nil
	if !refused {
		p.open[r] = true
		if p.limit > 0 {
			r.left = 1 + p.draw.Int64N(p.limit)
		}
	}
	p.mu.Unlock()
	if refused {
		abort(client)
		if err == nil {
			service.Close() // nothing was said on it
		}
		return
	}
	var pumps sync.WaitGroup
	pumps.Go(func() { p.pump(r, Upstream) })
	pumps.Go(func() { p.pump(r, Downstream) })
	pumps.Wait()
	p.set(func() { delete(p.open, r) })
}

// pump relays one way until either side ends.
func (p *Proxy) pump(r *relay, way Way) {
	from, to := r.sides[way], r.sides[1-way]
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && !p.pass(r, way, to, buf[:n]) {
			return
		}
		if err != nil {
			if p.hides(r, way) {
				<-r.done // an end is not heard of either
			}
			r.end(func(c net.Conn) { c.Close() }) // an end on one side is one on the other
			return
		}
	}
}

// pass hands a piece on, or does to it what was asked for; false: the
// connection is no more.
func (p *Proxy) pass(r *relay, way Way, to net.Conn, piece []byte) bool {
	if p.hides(r, way) {
		return true
	}
	p.mu.Lock()
	delay, cut := p.delay, false
	if r.left >= 0 {
		if int64(len(piece)) >= r.left {
			piece, cut = piece[:r.left], true
		}
		r.left -= int64(len(piece))
	}
	p.mu.Unlock()
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.done:
			return false
		}
	}
	if _, err := to.Write(piece); err != nil || cut {
		p.reset(r)
		return false
	}
	return true
}

// hides says whether what comes this way vanishes; from then on everything does
// until Heal ends the connection.
func (p *Proxy) hides(r *relay, way Way) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.holed = r.holed || p.open[r] && p.deaf[way]
	return r.holed && p.open[r]
}

// reset ends both sides without a word.
func (p *Proxy) reset(r *relay) {
	p.set(func() {
		if p.open[r] {
			delete(p.open, r)
			p.lost++
		}
	})
	r.end(abort)
}

func (r *relay) end(how func(net.Conn)) {
	r.once.Do(func() {
		close(r.done)
		how(r.sides[0])
		how(r.sides[1])
	})
}

// abort closes a connection with a reset: what is under way is lost.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0) // best effort: without it the end is merely orderly
	}
	c.Close() // it is of no use any more
}
