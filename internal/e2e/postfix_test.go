package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rewave/rewave/internal/testkit"
)

// Postfix is the receiving server. It greets five with a grey list, knows five not
// at all, and takes five messages that it then returns to their sender.
func TestPostfixDefersRejectsAndReturns(t *testing.T) {
	t.Parallel()
	const good, unknown, grey, returned = 20, 5, 5, 5
	const customers = good + unknown + grey + returned
	address := func(i int) string { return fmt.Sprintf("c%d@mail.example", i) }
	var boxes, aliases string
	late := map[string]bool{}
	for i := 1; i <= customers; i++ {
		switch {
		case i <= good+grey:
			boxes += fmt.Sprintf("%s c%d/\n", address(i), i)
			late[address(i)] = i > good
		case i <= good+grey+returned:
			aliases += address(i) + " nobody@mail.example\n"
		}
	}
	p := newPostfix(t, boxes+"hello@shop.example hello/\n", aliases, late)
	s := &shop{t: t, dir: t.TempDir(), db: testkit.NewDB(t)}
	s.env = append(os.Environ(), "DATABASE_URL="+s.db.DSN, "REDIS_URL="+testkit.NewRedis(t), "GORACE=atexit_sleep_ms=0")
	s.write("rewave.yaml", (&double{t: t, by: bySMTP}).settings(p.addr, 4))
	s.campaign("hello", everyone)
	s.campaign("again", everyone)
	s.run("campaign", "pause", "again")
	s.start("work")
	s.start("tick")
	s.orders(customers)

	s.until("each was tried", func() bool {
		got := s.states("hello")
		return got["accepted"] == good+returned && got["failed"] == unknown && s.deferred() == grey
	})
	same(t, "states", s.states("hello"), map[string]int{"accepted": good + returned, "failed": unknown, "planned": grey})
	same(t, "why it was refused", testkit.List[string](t, s.db, "select distinct reason from deliveries where state = 'failed'"), []string{"rcpt 550 5.1.1"})
	s.db.Exec(t, "update deliveries set due_at = now() where state = 'planned' and returned > 0")
	s.until("the grey list lets them through", func() bool { s.overtime(); return s.states("hello")["accepted"] == good+grey+returned })
	for i := 1; i <= good+grey; i++ {
		s.until("a letter is in its box", func() bool { return len(p.box(fmt.Sprintf("c%d", i))) == 1 })
	}

	// What came back names the message, and whom it was for.
	s.until("the others came back", func() bool { return len(p.box("hello")) == returned })
	refs := map[string]string{}
	suppress := "channel,address,reason,at\n"
	var back []string
	for _, raw := range p.box("hello") {
		r := readReturn(t, raw)
		same(t, "what is said of it", [2]string{r.Action, r.Status}, [2]string{"failed", "5.1.1"})
		refs[r.Ref], back = r.For, append(back, r.For)
		suppress += "email," + r.For + ",bounced," + time.Now().UTC().Format(time.RFC3339) + "\n"
	}
	want := map[string]string{}
	for _, x := range s.ledger() {
		if slices.Contains(back, x.To) && x.Campaign == "hello" && x.State == "accepted" {
			want[x.Ref] = x.To
		}
	}
	same(t, "deliveries that came back", refs, want)

	// No returned mail is read: a person takes such addresses out.
	s.write("suppressions.csv", suppress)
	s.run("import", "suppressions", "suppressions.csv")
	s.run("campaign", "resume", "again")
	s.until("the second wave has ended", func() bool { return s.states("again")["planned"]+s.states("again")["sending"] == 0 })
	same(t, "the second wave", s.states("again"), map[string]int{"accepted": good + grey, "failed": unknown, "suppressed": returned})
	same(t, "returned letters", len(p.box("hello")), returned)
	s.sound()
}

// deferred counts those that were surely not taken, and wait.
func (s *shop) deferred() int {
	return testkit.Get[int](s.t, s.db, "select count(*)::int from deliveries where state = 'planned' and returned > 0")
}

// postfix is a mail server of one test, in a folder of its own.
type postfix struct {
	dir, addr string
}

// newPostfix starts Postfix on the loopback until the test ends. late are the
// addresses that it defers once.
func newPostfix(t *testing.T, boxes, aliases string, late map[string]bool) *postfix {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("Postfix can only be started by root")
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		t.Fatalf("%v; install what the tests need: make deps", err)
	}
	uid, _ := strconv.Atoi(owner.Uid) // the system's own
	gid, _ := strconv.Atoi(owner.Gid)
	dir, err := os.MkdirTemp("", "rewave-postfix-") // others cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &postfix{dir: dir, addr: freeAddress(t)}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, "etc", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"etc", "queue", "data", "boxes"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"data", "boxes"} {
		if err := os.Chown(filepath.Join(dir, name), uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	write("boxes", boxes)
	write("aliases", aliases)
	write("main.cf", strings.NewReplacer("DIR", dir, "UID", owner.Uid, "GID", owner.Gid, "GREY", greyList(t, late)).Replace(`compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
maillog_file = DIR/log
maillog_file_prefixes = DIR
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.mail.example
mydestination =
mynetworks_style = host
virtual_mailbox_domains = mail.example, shop.example
virtual_mailbox_base = DIR/boxes
virtual_mailbox_maps = texthash:DIR/etc/boxes
virtual_alias_maps = texthash:DIR/etc/aliases
virtual_uid_maps = static:UID
virtual_gid_maps = static:GID
smtpd_recipient_restrictions = check_policy_service inet:GREY, permit_mynetworks, reject
`))
	// Nothing here can deliver to another host.
	write("master.cf", p.addr+` inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`)
	etc := filepath.Join(dir, "etc")
	if out, err := exec.Command("postfix", "-c", etc, "check").CombinedOutput(); err != nil {
		t.Fatalf("postfix check: %v\n%s", err, out)
	}
	programs, err := exec.Command("postconf", "-c", etc, "-h", "daemon_directory").Output()
	if err != nil {
		t.Fatal(err)
	}
	master := exec.Command(filepath.Join(strings.TrimSpace(string(programs)), "master"), "-c", etc, "-d")
	// Its own group, which it ends with itself; the kernel ends it with this thread.
	runtime.LockOSThread()
	master.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := master.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		master.Process.Signal(syscall.SIGTERM) // it ends what it started; it may have ended
		master.Wait()
		if log, err := os.ReadFile(filepath.Join(dir, "log")); t.Failed() && err == nil {
			t.Logf("Postfix said:\n%s", tail(string(log)))
		}
	})
	(&shop{t: t}).until("Postfix answers", func() bool {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			return false
		}
		defer c.Close() // it was only asked whether it is there
		line, _ := bufio.NewReader(c).ReadString('\n')
		return strings.HasPrefix(line, "220 mx.mail.example")
	})
	return p
}

// box is what was delivered into a box.
func (p *postfix) box(name string) (letters []string) {
	files, _ := filepath.Glob(filepath.Join(p.dir, "boxes", name, "new", "*")) // the pattern is well formed
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil {
			letters = append(letters, string(b))
		}
	}
	return letters
}

// greyList speaks Postfix's policy protocol: an address of late is deferred the
// first time that it comes.
func greyList(t *testing.T, late map[string]bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			all.Go(func() {
				defer c.Close() // Postfix asks again
				for in := textproto.NewReader(bufio.NewReader(c)); ; {
					action := "dunno"
					for {
						line, err := in.ReadLine()
						if err != nil {
							return
						}
						if line == "" {
							break
						}
						if to, ok := strings.CutPrefix(line, "recipient="); ok {
							mu.Lock()
							if late[to] {
								action = "defer_if_permit come back later"
							}
							delete(late, to)
							mu.Unlock()
						}
					}
					fmt.Fprintf(c, "action=%s\n\n", action)
				}
			})
		}
	})
	return l.Addr().String()
}

// returnedMail is what a delivery status notification (RFC 3464) says.
type returnedMail struct{ Ref, For, Action, Status string }

func readReturn(t *testing.T, raw string) (r returnedMail) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" {
		t.Fatalf("got %s, %v\n%s", kind, err, raw)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextPart()
		if err == io.EOF {
			return r
		}
		var body []byte
		if err == nil {
			body, err = io.ReadAll(part)
		}
		if err != nil {
			t.Fatal(err)
		}
		header := func(b []byte) textproto.MIMEHeader {
			h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(b))).ReadMIMEHeader()
			if err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			return h
		}
		switch part.Header.Get("Content-Type") {
		case "message/delivery-status":
			_, of, _ := bytes.Cut(body, []byte("\n\n")) // of the message first, then of each recipient
			h := header(append(of, "\n\n"...))
			_, r.For, _ = strings.Cut(h.Get("Original-Recipient"), ";")
			r.Action, r.Status = h.Get("Action"), h.Get("Status")
		case "message/rfc822":
			r.Ref, _, _ = strings.Cut(strings.Trim(header(body).Get("Message-Id"), "<>"), "@")
		}
	}
}
