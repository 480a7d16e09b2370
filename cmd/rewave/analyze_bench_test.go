package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// mailed is a row of a made-up experiment of three arms.
type mailed struct {
	ID      int64  `parquet:"customer"`
	Arm     string `parquet:"arm,dict"`
	Country string `parquet:"country,dict"`
	Bought  int32  `parquet:"bought"`
	Spend   int64  `parquet:"spend,decimal(2:18)"`
}

// experimentFile writes n rows: CSV, CSV.gz or Parquet by its name. One in twenty
// buys, and what they spend is as skewed as money is.
func experimentFile(b *testing.B, name string, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	draw := rand.New(rand.NewPCG(1, 2))
	row := func(i int) mailed {
		m := mailed{ID: int64(i), Arm: []string{"control", "mail", "mail and coupon"}[draw.IntN(3)], Country: []string{"DE", "FR", "IT", "PL"}[draw.IntN(4)]}
		if draw.IntN(20) == 0 {
			m.Bought, m.Spend = 1, int64(1500*draw.ExpFloat64()*draw.ExpFloat64())+100
		}
		return m
	}
	var closers []io.Closer
	switch {
	case strings.HasSuffix(name, ".parquet"):
		w := parquet.NewGenericWriter[mailed](file, parquet.Compression(&parquet.Snappy))
		rows := make([]mailed, 0, 10_000)
		for i := range n {
			if rows = append(rows, row(i)); len(rows) == cap(rows) || i == n-1 {
				if _, err := w.Write(rows); err != nil {
					b.Fatal(err)
				}
				rows = rows[:0]
			}
		}
		closers = append(closers, w)
	default:
		out := io.Writer(file)
		if strings.HasSuffix(name, ".gz") {
			z, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
			if err != nil {
				b.Fatal(err)
			}
			out, closers = z, append(closers, z)
		}
		w := bufio.NewWriterSize(out, 1<<20)
		fmt.Fprintln(w, "customer,arm,country,bought,spend")
		for i := range n {
			m := row(i)
			fmt.Fprintf(w, "%d,%s,%s,%d,%d.%02d\n", m.ID, m.Arm, m.Country, m.Bought, m.Spend/100, m.Spend%100)
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range append(closers, file) {
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return path
}

// BenchmarkAnalyze is the whole command, from its start to its last line, and the
// most memory it had.
func BenchmarkAnalyze(b *testing.B) {
	bin, err := program()
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range []struct {
		name string
		rows int
	}{{"64k.csv", 64_000}, {"14m.csv", 14_000_000}, {"14m.csv.gz", 14_000_000}, {"14m.parquet", 14_000_000}} {
		b.Run(file.name, func(b *testing.B) {
			path := experimentFile(b, file.name, file.rows)
			var most int64
			for b.Loop() {
				c := exec.Command(bin, "analyze", path, "--arm", "arm", "--control", "control", "--share", "equal",
					"--metric", "bought:binary", "--metric", "spend:money", "--by", "country", "--json")
				if out, err := c.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
				most = max(most, c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
			}
			b.ReportMetric(float64(most)/1024, "MB")
			b.ReportMetric(float64(file.rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
