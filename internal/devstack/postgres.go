//go:build linux

package devstack

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/rewave/rewave/internal/fault"
)

// oldestPostgres is the first release whose SQL we rely on.
const oldestPostgres = 15

// postgresBin is a folder of PostgreSQL's programs.
type postgresBin struct {
	dir     string
	version string // 15.14
	major   int
}

// findPostgres returns the installed releases, in the order in which they are
// to be tried.
func findPostgres() ([]postgresBin, error) {
	if dir := os.Getenv("PG_BIN"); dir != "" { // a wish, not a hint: nothing else will do
		bin, err := inspectPostgres(dir)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "PG_BIN is not a folder of PostgreSQL's programs", "unset PG_BIN, or set it to the folder of initdb and postgres")
		}
		return []postgresBin{bin}, nil
	}
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	var usual []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/lib/postgresql*/bin", "/usr/pgsql-*/bin", "/usr/libexec/postgresql*", "/usr/local/pgsql/bin"} {
		found, _ := filepath.Glob(pattern) // the pattern is well formed
		usual = append(usual, found...)
	}
	slices.SortStableFunc(usual, func(a, b string) int { return number(b) - number(a) })
	dirs = append(dirs, usual...)
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	return usablePostgres(dirs)
}

// usablePostgres keeps the folders with a server that is new enough.
func usablePostgres(dirs []string) ([]postgresBin, error) {
	var bins []postgresBin
	var tooOld string
	for _, dir := range dirs {
		bin, err := inspectPostgres(dir)
		switch {
		case err != nil: // pg_config comes with the client library, without a server
		case bin.major < oldestPostgres:
			tooOld = bin.version
		case !slices.Contains(bins, bin):
			bins = append(bins, bin)
		}
	}
	if len(bins) > 0 {
		return bins, nil
	}
	if tooOld != "" {
		return nil, fault.New(fault.Unavailable,
			fmt.Sprintf("PostgreSQL %s is too old, %d or newer is needed", tooOld, oldestPostgres),
			"install a newer one, and set PG_BIN to the folder of its programs")
	}
	return nil, fault.New(fault.Unavailable, "PostgreSQL is not installed", installHint("postgresql"))
}

var (
	digits  = regexp.MustCompile(`\d+`)
	version = regexp.MustCompile(`\d+(\.\d+)*`)
)

// number is the first number in a path, 0 if there is none.
func number(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path)) // no number sorts last
	return n
}

func inspectPostgres(dir string) (postgresBin, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return postgresBin{}, err
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return postgresBin{}, fmt.Errorf("%s/postgres --version: %w", dir, err)
	}
	v := version.FindString(string(out))
	return postgresBin{dir: dir, version: v, major: number(v)}, nil
}

// postgresServer is a running PostgreSQL.
type postgresServer struct {
	*process
	bin postgresBin
	dsn string
}

// startPostgres makes the data directory if there is none, starts the server
// and returns when the database is there.
func startPostgres(ctx context.Context, s *starter, r *run, as account, opts Options) (*postgresServer, error) {
	bins, err := findPostgres()
	if err != nil {
		return nil, err
	}
	data, log := filepath.Join(r.dir, "pg"), filepath.Join(r.dir, "postgres.log")
	bin := bins[0]
	if written, err := os.ReadFile(filepath.Join(data, "PG_VERSION")); err == nil {
		i := slices.IndexFunc(bins, func(b postgresBin) bool { return b.major == number(string(written)) })
		if i < 0 {
			return nil, fault.New(fault.Conflict,
				fmt.Sprintf("the data in %s were written by PostgreSQL %d, and only %s is installed", r.dir, number(string(written)), bin.version),
				"install that release, or choose another state directory with --state")
		}
		bin = bins[i]
	} else if err := initialise(ctx, s, bin, r.dir, data, log, as, opts); err != nil {
		return nil, fmt.Errorf("create the database: %w", err)
	}

	settings := []string{
		"listen_addresses=", "port=5432", "unix_socket_directories=" + r.sockets, "unix_socket_permissions=0700",
		"max_connections=" + strconv.Itoa(opts.Connections), "timezone=UTC", "log_timezone=UTC",
		"logging_collector=off", "log_destination=stderr",
		// One machine, one server: nothing replicates from it.
		"wal_level=minimal", "max_wal_senders=0",
	}
	if opts.SharedMB > 0 {
		settings = append(settings, fmt.Sprintf("shared_buffers=%dMB", opts.SharedMB))
	}
	if !opts.Durable && !opts.Sync {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	args := []string{"-D", data}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	p, err := s.start(as, data, log, syscall.SIGINT, filepath.Join(bin.dir, "postgres"), args...)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	server := &postgresServer{process: p, bin: bin, dsn: dsn(r.sockets, "rewave")}
	if err := p.until(ctx, func(ctx context.Context) error { return createDatabase(ctx, r.sockets) }); err != nil {
		p.stop() // the first error says more
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return server, nil
}

// initialise makes the data directory beside its place and moves it there, so
// that an initdb that was killed is never taken for a database.
func initialise(ctx context.Context, s *starter, bin postgresBin, dir, data, log string, as account, opts Options) error {
	fresh := data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	if err := as.own(fresh); err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", "rewave", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"}
	if !opts.Durable {
		args = append(args, "--no-sync")
	}
	p, err := s.start(as, fresh, log, syscall.SIGINT, filepath.Join(bin.dir, "initdb"), args...)
	if err != nil {
		return err
	}
	if err := p.wait(ctx); err != nil {
		return err
	}
	return os.Rename(fresh, data)
}

// createDatabase succeeds once the server answers and the database is there.
func createDatabase(ctx context.Context, sockets string) error {
	conn, err := pgx.Connect(ctx, dsn(sockets, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx) // nothing is lost with it
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'rewave')").Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE rewave")
	return err
}

func dsn(sockets, database string) string {
	return "postgres://rewave@/" + database + "?host=" + url.QueryEscape(sockets) + "&sslmode=disable"
}

// PostgresPrograms is the folder of the installed PostgreSQL's programs, found as
// Start finds it. A fault says what to install.
func PostgresPrograms() (string, error) {
	bins, err := findPostgres()
	if err != nil {
		return "", err
	}
	return bins[0].dir, nil
}
