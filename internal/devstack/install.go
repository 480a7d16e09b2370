//go:build linux

package devstack

import (
	"os"
	"os/exec"
)

// installers name, per package manager, the command and what each thing that
// Debian calls by its name is called there.
var installers = []struct {
	program, command string
	names            map[string]string
}{
	{"apt-get", "apt-get install -y", nil},
	{"dnf", "dnf install -y", map[string]string{"postgresql": "postgresql-server", "redis-server": "valkey"}},
	{"zypper", "zypper install -y", map[string]string{"postgresql": "postgresql-server", "redis-server": "redis"}},
	{"apk", "apk add", map[string]string{"redis-server": "redis"}},
	{"pacman", "pacman -S", map[string]string{"redis-server": "valkey"}},
}

// installHint is the command that installs a Debian package's equivalent here.
func installHint(debian string) string {
	sudo := ""
	if os.Geteuid() != 0 {
		sudo = "sudo "
	}
	for _, in := range installers {
		if _, err := exec.LookPath(in.program); err != nil {
			continue
		}
		name := debian
		if other := in.names[debian]; other != "" {
			name = other
		}
		return "install it: " + sudo + in.command + " " + name
	}
	return "install it with this system's package manager"
}
