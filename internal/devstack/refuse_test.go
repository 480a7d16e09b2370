//go:build linux

package devstack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const nobody = 65534

func TestStateDirectoriesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	me := userName(os.Geteuid())
	file := filepath.Join(stateDir(t), "file")
	if err := os.WriteFile(file, []byte("keep me"), 0o600); err != nil {
		t.Fatal(err)
	}
	others := "/etc"
	owner := "root"
	if os.Geteuid() == 0 {
		others, owner = stateDir(t), userName(nobody)
		if err := os.Chown(others, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ name, dir, want string }{
		{"someone else's", others, "denied: state directory " + others + " belongs to user " + owner + ", this is user " + me + " / choose another with --state"},
		{"a file", file, "denied: state directory " + file + " is not a directory / choose another with --state"},
		{"below a file", file + "/x", "denied: state directory " + file + "/x cannot be used: not a directory / choose another with --state"},
		{"where none can be made", "/proc/x", "denied: state directory /proc/x cannot be used: no such file or directory / choose another with --state"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Start(t.Context(), Options{StateDir: test.dir})
			if got := message(err); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestAStateDirectoryThatIsNotWritable(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	lend(t, dir)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, r := startHelper(t, Options{StateDir: dir}, unprivileged(t))
	want := "denied: state directory " + dir + " is not writable / choose another with --state"
	if r.Message != want {
		t.Errorf("got  %q\nwant %q", r.Message, want)
	}
}

func TestRootMayNotHideTheStateDirectory(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // only root's services run as someone else
	}
	as, err := serviceAccount()
	if err != nil {
		t.Fatal(err)
	}
	hidden := stateDir(t)
	if err := os.Chmod(hidden, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(hidden, "rewave")
	_, err = Start(t.Context(), Options{StateDir: dir})
	got := message(err)
	if want := "user " + as.name + ", who runs PostgreSQL, cannot enter " + hidden + " / choose another with --state, such as /var/lib/rewave"; !strings.HasSuffix(got, want) {
		t.Errorf("got  %q\nwant the end %q", got, want)
	}
	if diff := cmp.Diff(tree(t, dir), []string{"lock", "runs"}); diff != "" {
		t.Errorf("left in the state directory (-got +want):\n%s", diff)
	}
}

func TestAnOrdinaryUserStartsBoth(t *testing.T) {
	t.Parallel()
	dir := stateDir(t)
	lend(t, dir)
	as := unprivileged(t)
	helper, r := startHelper(t, Options{StateDir: dir, RequireRedis: true}, as)
	if r.Message != "" {
		t.Fatal(r.Message)
	}
	for pid := range servicesIn(r.Stack.Dir) {
		info, err := os.Stat("/proc/" + strconv.Itoa(pid))
		if err != nil {
			continue // a short-lived one
		}
		if got := int(info.Sys().(*syscall.Stat_t).Uid); os.Geteuid() == 0 && got != nobody {
			t.Errorf("process %d runs as user %d, want %d", pid, got, nobody)
		}
	}
	kill(t, helper)
	eventually(t, "the services end", func() bool { return len(servicesIn(dir)) == 0 })

	_, next := startHelper(t, Options{StateDir: dir}, as)
	want := fmt.Sprintf("removed what process %d had left in %s\n", helper.Process.Pid, r.Stack.Dir)
	if next.Log != want {
		t.Errorf("log: got %q, want %q", next.Log, want)
	}
}

func TestTheTemporaryDirectoryMustBeShort(t *testing.T) {
	t.Parallel()
	long := filepath.Join(stateDir(t), strings.Repeat("x", 80))
	if err := os.Mkdir(long, 0o755); err != nil {
		t.Fatal(err)
	}
	_, r := startHelper(t, Options{StateDir: stateDir(t)}, func(c *exec.Cmd) { c.Env = append(c.Env, "TMPDIR="+long) })
	want := "unavailable: temporary directory " + long + ": a socket's path would have " + strconv.Itoa(len(long)+len("/rewave-0123456789/.s.PGSQL.5432")) +
		" bytes, the system allows 107 / set TMPDIR to a short folder that everyone may enter, such as /tmp"
	if r.Message != want {
		t.Errorf("got  %q\nwant %q", r.Message, want)
	}
}

func TestMissingPrograms(t *testing.T) {
	t.Parallel()
	sudo := "sudo "
	if os.Geteuid() == 0 {
		sudo = ""
	}
	// A PATH on which there is no Redis, only the package manager's name.
	bin := stateDir(t)
	if err := os.Symlink("/bin/true", filepath.Join(bin, "apt-get")); err != nil {
		t.Fatal(err)
	}
	bare := func(c *exec.Cmd) { c.Env = append(c.Env, "PATH="+bin) }

	t.Run("no Redis where it is needed", func(t *testing.T) {
		t.Parallel()
		dir := stateDir(t)
		_, r := startHelper(t, Options{StateDir: dir, RequireRedis: true}, bare)
		want := "unavailable: Redis is not installed / install it: " + sudo + "apt-get install -y redis-server"
		if r.Message != want {
			t.Errorf("got  %q\nwant %q", r.Message, want)
		}
		eventually(t, "PostgreSQL is stopped again", func() bool { return len(servicesIn(dir)) == 0 })
	})
	t.Run("no Redis for a demo", func(t *testing.T) {
		t.Parallel()
		_, r := startHelper(t, Options{StateDir: stateDir(t)}, bare)
		want := "Redis is not installed: a small one inside this process takes its place, slower and without a file (install it: " +
			sudo + "apt-get install -y redis-server)\n"
		if r.Log != want || !r.Stack.RedisInMemory {
			t.Errorf("got  %q, %+v\nwant %q", r.Log, r.Stack, want)
		}
		if got := client(t, r.Stack.RedisURL+"?db=3").Ping(t.Context()).Val(); got != "PONG" {
			t.Errorf("ping: got %q", got)
		}
	})
	t.Run("PG_BIN without PostgreSQL", func(t *testing.T) {
		t.Parallel()
		_, r := startHelper(t, Options{StateDir: stateDir(t)}, func(c *exec.Cmd) { c.Env = append(c.Env, "PG_BIN="+bin) })
		want := "unavailable: PG_BIN is not a folder of PostgreSQL's programs / unset PG_BIN, or set it to the folder of initdb and postgres"
		if r.Message != want {
			t.Errorf("got  %q\nwant %q", r.Message, want)
		}
	})
	t.Run("no PostgreSQL", func(t *testing.T) {
		t.Parallel()
		_, err := usablePostgres([]string{bin, "/nowhere"})
		want := "unavailable: PostgreSQL is not installed / " + installHint("postgresql")
		if got := message(err); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
	t.Run("an old PostgreSQL", func(t *testing.T) {
		t.Parallel()
		old := stateDir(t)
		script := `cd "$0" && printf '#!/bin/sh\necho postgres 13.22\n' > postgres && cp postgres initdb && chmod +x postgres`
		if out, err := exec.Command("sh", "-c", script, old).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		_, err := usablePostgres([]string{old})
		want := "unavailable: PostgreSQL 13.22 is too old, 15 or newer is needed / install a newer one, and set PG_BIN to the folder of its programs"
		if got := message(err); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// lend gives a folder to the user that unprivileged runs as.
func lend(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
}

// unprivileged makes a helper run as an ordinary user. The test binary lies in
// a folder of root's, so it runs a copy.
func unprivileged(t *testing.T) func(*exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		return func(*exec.Cmd) {}
	}
	path := filepath.Join(stateDir(t), "helper")
	// Copied by another process: a child forked meanwhile would inherit our open
	// file, and a program that is open for writing cannot be run.
	if out, err := exec.Command("cp", os.Args[0], path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return func(c *exec.Cmd) {
		c.Path, c.Dir = path, "/"
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
