package testkit

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/devstack"
)

// Pair is a PostgreSQL of one test with a standby that follows it by streaming.
type Pair struct {
	DSN string // of whichever is the primary

	t        testing.TB
	bin, dir string
	as       *syscall.Credential
	servers  map[string]*exec.Cmd
}

// NewPair starts a primary with an empty database and its standby, which end with
// the test.
func NewPair(t testing.TB) *Pair {
	t.Helper()
	bin, err := devstack.PostgresPrograms()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pair") // short: sockets are below it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	runtime.LockOSThread() // the kernel ends the servers with the thread that forked them
	p := &Pair{t: t, bin: bin, dir: dir, servers: map[string]*exec.Cmd{}}
	if os.Geteuid() == 0 {
		p.drop()
	}
	for _, name := range []string{"primary", "standby"} {
		if err := os.Mkdir(p.sockets(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if p.as != nil {
			if err := os.Chown(p.sockets(name), int(p.as.Uid), int(p.as.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	both := url.Values{"host": {p.sockets("primary") + "," + p.sockets("standby")}, "target_session_attrs": {"read-write"}, "sslmode": {"disable"}, "connect_timeout": {"2"}}
	p.DSN = "postgres://rewave@/rewave?" + both.Encode()
	p.run("initdb", "-D", p.at("primary"), "-U", "rewave", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync")
	p.start("primary")
	p.exec("primary", "postgres", "create database rewave")
	p.run("pg_basebackup", "-h", p.sockets("primary"), "-U", "rewave", "-D", p.at("standby"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	p.start("standby")
	return p
}

// drop has the servers run as somebody whom PostgreSQL accepts.
func (p *Pair) drop() {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid) // the system's own
		gid, _ := strconv.Atoi(u.Gid)
		p.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(p.dir, uid, gid); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	p.t.Fatal("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (p *Pair) at(name string) string { return filepath.Join(p.dir, name) }

// sockets is a folder beside the data, which the standby begins with a copy of.
func (p *Pair) sockets(name string) string { return p.at(name + ".sockets") }

func (p *Pair) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(p.bin, program), args...)
	c.Dir = p.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: p.as, Pdeathsig: syscall.SIGKILL}
	return c
}

func (p *Pair) run(program string, args ...string) {
	p.t.Helper()
	if out, err := p.command(program, args...).CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func (p *Pair) start(name string) {
	p.t.Helper()
	c := p.command("postgres", "-D", p.at(name), "-c", "listen_addresses=", "-c", "unix_socket_directories="+p.sockets(name), "-c", "fsync=off", "-c", "max_connections=60")
	log, err := os.OpenFile(p.at(name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close() // the server has its own
	c.Stderr = log
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.servers[name] = c
	p.t.Cleanup(func() { p.end(name, syscall.SIGQUIT) })
	p.until(name+" answers, see "+log.Name(), func() bool { return p.query(name, "postgres", "select 'yes'") == "yes" })
}

// end crashes a server: no checkpoint, and nothing is sent any more.
func (p *Pair) end(name string, by syscall.Signal) {
	if c := p.servers[name]; c != nil {
		_ = c.Process.Signal(by) // it may have ended
		_ = c.Wait()
		delete(p.servers, name)
	}
}

func (p *Pair) dsn(name, database string) string {
	return "postgres://rewave@/" + database + "?host=" + url.QueryEscape(p.sockets(name)) + "&sslmode=disable"
}

func (p *Pair) exec(name, database, sql string) {
	p.t.Helper()
	err := withConn(p.dsn(name, database), func(ctx context.Context, conn *pgx.Conn) error { _, err := conn.Exec(ctx, sql); return err })
	if err != nil {
		p.t.Fatalf("%s: %s: %v", name, sql, err)
	}
}

// query is one text; empty: there was no answer.
func (p *Pair) query(name, database, sql string) (text string) {
	_ = withConn(p.dsn(name, database), func(ctx context.Context, conn *pgx.Conn) error { return conn.QueryRow(ctx, sql).Scan(&text) })
	return text
}

func (p *Pair) until(what string, done func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("a minute has gone, and not yet: %s", what)
		}
	}
}

// Level waits until the standby has all that the primary has committed.
func (p *Pair) Level() {
	p.t.Helper()
	at := p.query("primary", "postgres", "select pg_current_wal_flush_lsn()::text")
	p.until("the standby is level", func() bool {
		return p.query("standby", "postgres", fmt.Sprintf("select (pg_last_wal_replay_lsn() >= '%s')::text", at)) == "true"
	})
}

// Lag stops the standby from hearing more: what is committed from now on is lost
// by a failover.
func (p *Pair) Lag() {
	p.t.Helper()
	p.exec("standby", "postgres", "alter system set primary_conninfo = ''")
	p.exec("standby", "postgres", "select pg_reload_conf()")
	p.until("the standby hears nothing", func() bool {
		return p.query("standby", "postgres", "select count(*)::text from pg_stat_wal_receiver") == "0"
	})
}

// Socket is where `primary` or `standby` listens.
func (p *Pair) Socket(name string) string { return filepath.Join(p.sockets(name), ".s.PGSQL.5432") }

// FailOver kills the primary as a power cut does and has the standby take over.
func (p *Pair) FailOver() {
	p.t.Helper()
	p.end("primary", syscall.SIGKILL)
	p.run("pg_ctl", "promote", "-D", p.at("standby"), "-w")
}
