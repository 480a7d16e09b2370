package testkit

import (
	"bufio"
	"bytes"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// LeanSMTP is a mail server that costs next to nothing: it takes every message,
// looks into none, and counts them. Who measures a sender against a server that
// parses measures the server.
type LeanSMTP struct {
	Host  string
	Port  int
	Taken atomic.Int64
}

// StartLeanSMTP listens on loopback until the test ends. With pipelining it
// offers RFC 2920; it answers in as few writes as what it has read allows.
func StartLeanSMTP(t testing.TB, pipelining bool) *LeanSMTP {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // the test is over
	s := &LeanSMTP{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(conn, pipelining)
		}
	}()
	return s
}

func (s *LeanSMTP) talk(conn net.Conn, pipelining bool) {
	defer conn.Close() //nolint:errcheck // whoever sends notices
	r, w := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriterSize(conn, 4<<10)
	say := func(line string) {
		w.WriteString(line)   //nolint:errcheck // shows on the flush
		w.WriteString("\r\n") //nolint:errcheck
	}
	say("220 lean")
	for {
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
		line, err := r.ReadSlice('\n')
		if err != nil || len(line) < 4 {
			return
		}
		switch string(bytes.ToUpper(line[:4])) {
		case "EHLO":
			say("250-lean")
			if pipelining {
				say("250-PIPELINING")
			}
			say("250 8BITMIME")
		case "DATA":
			say("354 go")
			if w.Flush() != nil {
				return
			}
			for {
				line, err := r.ReadSlice('\n')
				if err != nil && err != bufio.ErrBufferFull {
					return
				}
				if string(line) == ".\r\n" {
					break
				}
			}
			say("250 2.0.0 queued as L" + strconv.FormatInt(s.Taken.Add(1), 10))
		case "QUIT":
			say("221 bye")
			_ = w.Flush()
			return
		default:
			say("250 ok")
		}
	}
}
