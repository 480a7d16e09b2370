//go:build linux

package devstack

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/rewave/rewave/internal/fault"
)

// account is who the services run as. credential is nil for ourselves.
type account struct {
	name       string
	uid, gid   int
	credential *syscall.Credential
}

// serviceAccount is this user, except for root: PostgreSQL refuses to run as
// root, so it drops to postgres, or to nobody where that user does not exist.
func serviceAccount() (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{name: userName(uid), uid: uid, gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 != nil || err2 != nil {
			continue
		}
		return account{name, uid, gid, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, fault.New(fault.Unavailable,
		"PostgreSQL does not run as root, and there is neither a user postgres nor nobody",
		"create one: useradd --system postgres")
}

// own gives a path to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// mayEnter checks that the account can walk down to dir, which root may have
// put below a private folder such as its home.
func (a account) mayEnter(dir, what, hint string) error {
	if a.credential == nil {
		return nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		stat := info.Sys().(*syscall.Stat_t)
		mode := info.Mode().Perm()
		enters := mode&0o001 != 0
		switch {
		case int(stat.Uid) == a.uid:
			enters = mode&0o100 != 0
		case int(stat.Gid) == a.gid:
			enters = mode&0o010 != 0
		}
		if !enters {
			return fault.New(fault.Denied, what+" "+dir+": user "+a.name+", who runs PostgreSQL, cannot enter "+at, hint)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// userName is the name for a person; the number where there is none.
func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "number " + strconv.Itoa(uid)
}
