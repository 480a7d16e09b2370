package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/source"
)

// DefaultFile is read where no file is asked for; it may be missing.
const DefaultFile = "rewave.yaml"

// Load reads the file, then the environment (in the form of os.Environ), which
// wins. With an empty path it reads DefaultFile if there is one; a file that was
// asked for must exist. Faults of the file and of the environment come together
// as a source.List; others are *fault.Fault.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	data, name, err := read(path)
	if err != nil {
		return Config{}, err
	}
	var faults source.List
	if name != "" {
		c.File = name
		faults = parse(&c, name, data)
	}
	faults = append(faults, fromEnvironment(&c, environ)...)
	if len(faults) > 0 {
		return Config{}, faults
	}
	return c, nil
}

func read(path string) (data []byte, name string, err error) {
	name = path
	if name == "" {
		name = DefaultFile
	}
	f, err := os.Open(name)
	switch {
	case err != nil && path == "" && errors.Is(err, fs.ErrNotExist):
		return nil, "", nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", fault.New(fault.Invalid, "there is no configuration file "+name, "name it with --config, or leave --config out")
	case err != nil:
		return nil, "", unreadable(name, err)
	}
	defer f.Close() // only read from

	data, err = io.ReadAll(io.LimitReader(f, source.MaxFile+1))
	if err != nil {
		return nil, "", unreadable(name, err)
	}
	return data, name, nil
}

func unreadable(name string, err error) error {
	why := err.Error()
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		why = path.Err.Error()
	}
	return fault.Wrap(fault.Invalid, err, "the configuration "+name+" cannot be read: "+why, "name another with --config, or have this one made readable")
}

// environs stands where the name of a file would.
const environs = "environment"

// environment is what may be said by variables.
type environment struct {
	Database  string `env:"DATABASE_URL"`
	Redis     string `env:"REDIS_URL"`
	PublicURL string `env:"REWAVE_PUBLIC_URL"`
	Listen    string `env:"REWAVE_LISTEN"`
}

func fromEnvironment(c *Config, environ []string) source.List {
	values := make(map[string]string, len(environ))
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			values[name] = value
		}
	}
	var (
		e      environment
		faults source.List
	)
	refuse := func(name string, err error) {
		d := source.Diagnostic{File: environs, Path: name, Message: err.Error()}
		if f, ok := fault.Of(err); ok {
			d.Message, d.Hint = f.Message, f.Hint
		}
		faults = append(faults, d)
	}
	if err := env.ParseWithOptions(&e, env.Options{Environment: values}); err != nil {
		refuse("", err)
		return faults
	}
	c.Database, c.Redis = Secret(e.Database), Secret(e.Redis)
	if e.Database != "" {
		if err := checkURL(e.Database, "postgres", "postgresql"); err != nil {
			refuse("DATABASE_URL", err)
		}
	}
	if e.Redis != "" {
		if err := checkURL(e.Redis, "redis", "rediss", "redis-cluster", "rediss-cluster", "redis-sentinel", "rediss-sentinel", "unix"); err != nil {
			refuse("REDIS_URL", err)
		}
	}
	if e.PublicURL != "" {
		base, err := publicURL(e.PublicURL)
		if err != nil {
			refuse("REWAVE_PUBLIC_URL", err)
		}
		c.PublicURL = base
	}
	if e.Listen != "" {
		if err := listen(e.Listen); err != nil {
			refuse("REWAVE_LISTEN", err)
		}
		c.Listen = e.Listen
	}
	if c.Email != nil && c.Email.PasswordEnv != "" {
		c.Email.Password = Secret(values[c.Email.PasswordEnv])
	}
	for _, h := range c.HTTP() {
		h.fill(values)
	}
	return faults
}

// checkURL never puts the value into its message: it may hold a password.
func checkURL(s string, schemes ...string) error {
	scheme, _, found := strings.Cut(s, "://") // several hosts are no URL to net/url
	if found && slices.Contains(schemes, scheme) {
		return nil
	}
	return fault.New(fault.Invalid, "is not a URL that begins with "+strings.Join(schemes, ":// or ")+"://",
		"for example "+schemes[0]+"://localhost/"+map[bool]string{true: "0", false: "rewave"}[schemes[0] == "redis"])
}

func publicURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fault.New(fault.Invalid, fmt.Sprintf("%q is not the base of a web address", s), "for example https://mail.shop.example")
	}
	return strings.TrimRight(s, "/"), nil
}

func listen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		if n, convErr := strconv.Atoi(port); convErr == nil && n >= 0 && n <= 65535 {
			return nil
		}
	}
	return fault.New(fault.Invalid, fmt.Sprintf("%q is not host:port", s), "for example 127.0.0.1:8080")
}

// Validate reports what a process that sends still lacks: the file, the two
// stores, the base of its links, and passwords whose variables are not set. It
// is asked by those who send, not by Load, so that a campaign can be checked on
// a machine that has none of them. The error is a source.List.
func (c Config) Validate() error {
	var faults source.List
	lacks := func(file, path, message, hint string) {
		faults = append(faults, source.Diagnostic{File: file, Path: path, Message: message, Hint: hint})
	}
	if c.File == "" {
		lacks(DefaultFile, "", "there is no "+DefaultFile+" here", "--config FILE names another")
	}
	if c.File != "" && c.Email == nil && c.SMS == nil {
		lacks(c.File, "channels", "there is no channel to send on", "channels: {email: {adapter: smtp, ...}}")
	}
	if c.File != "" && c.PublicURL == "" {
		lacks(c.File, "public_url", "is missing, and every message needs a link to unsubscribe", "for example public_url: https://mail.shop.example")
	}
	if c.Database == "" {
		lacks(environs, "DATABASE_URL", "is not set", "for example DATABASE_URL=postgres://localhost/rewave")
	}
	if c.Redis == "" {
		lacks(environs, "REDIS_URL", "is not set", "for example REDIS_URL=redis://localhost/0")
	}
	if c.Email != nil && c.Email.PasswordEnv != "" && c.Email.Password == "" {
		lacks(environs, c.Email.PasswordEnv, "is not set", "channels.email.password_env names it")
	}
	for _, name := range c.Channels() {
		c.HTTP()[name].lacks(name, func(variable, message, hint string) { lacks(environs, variable, message, hint) })
	}
	return faults.Err()
}

// Warnings are what a process may start with and a person should know.
func (c Config) Warnings() []string {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" || loopback(u.Hostname()) {
		return nil
	}
	return []string{c.PublicURL + " is not https: mail programs offer their unsubscribe button over https only (RFC 8058), and the links travel readable"}
}
