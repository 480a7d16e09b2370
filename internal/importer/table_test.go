package importer

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// told is a row as a test compares it: cells with their places, or why there are none.
func told(t *testing.T, path, encoding string, columns ...string) ([]string, error) {
	t.Helper()
	table, err := OpenTable(path, encoding)
	if err != nil {
		return nil, err
	}
	defer table.Close() //nolint:errcheck // only read
	var out []string
	err = table.Read(columns, func(r *TableRow) error {
		line, column := r.Place(0)
		said := fmt.Sprintf("%d:%d %s", line, column, r.Bad)
		if r.Bad == "" {
			var cells []string
			for i, c := range r.Cells {
				line, column := r.Place(i)
				cells = append(cells, fmt.Sprintf("%d:%d %s", line, column, c))
			}
			said = strings.Join(cells, " | ")
		}
		out = append(out, said)
		return nil
	})
	return out, err
}

func fileOf(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestATableSaysWhereEachCellStands(t *testing.T) {
	t.Parallel()
	text := "\ufeffname;arm;spend\r\n" +
		"ann; a ;1,5\r\n" +
		"\r\n" +
		"\"b;\"\"o\"\"b\";\"x\r\ny\";7\r\n" +
		"龙井茶;b;9\r\n" +
		"short;b\r\n" +
		"last;c;3"
	want := []string{
		"2:5 a | 2:9 1,5", "4:12 x\ny | 5:4 7", "6:5 b | 6:7 9", "7:1 wrong number of columns: 2 where the header has 3", "8:6 c | 8:8 3",
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	chinese, err := simplifiedchinese.GB18030.NewEncoder().String(strings.TrimPrefix(text, "\ufeff"))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]struct {
		data     []byte
		encoding string
	}{"plain": {[]byte(text), UTF8}, "gzip": {zipped.Bytes(), UTF8}, "gb18030": {[]byte(chinese), GB18030}} {
		got, err := told(t, fileOf(t, "t.csv", file.data), file.encoding, "arm", "spend")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestATableIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	chinese, err := simplifiedchinese.GB18030.NewEncoder().String("name,arm\n龙井茶,a\n")
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	for i := range 10_000 {
		fmt.Fprintf(z, "arm,%d\n", i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]struct {
		data []byte
		want string
	}{
		"nothing":          {nil, "t is empty"},
		"another encoding": {[]byte(chinese), "line 2 of t is not UTF-8, but reads as GB18030"},
		"cut":              {zipped.Bytes()[:zipped.Len()/2], "t ends in the middle of its gzip stream: it was cut short"},
		"two of a name":    {[]byte("arm,arm\n"), `two columns of t are named "arm"`},
		"an Excel file":    {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "t is an Excel file"},
		"broken Parquet":   {[]byte("PAR1 and nothing of it PAR1"), "t is damaged: it cannot be read as Parquet"},
	} {
		_, err := told(t, fileOf(t, "t", file.data), UTF8, "arm")
		if err == nil || err.Error() != file.want {
			t.Errorf("%s: got %v, want %s", name, err, file.want)
		}
	}
}

// sold has a column of each type that is read.
type sold struct {
	Arm     string   `parquet:"arm,dict"`
	Note    *string  `parquet:"note,optional"`
	Bought  bool     `parquet:"bought"`
	Spend   int64    `parquet:"spend,decimal(2:18)"`
	Visits  int32    `parquet:"visits"`
	Points  uint32   `parquet:"points"`
	Minutes float64  `parquet:"minutes"`
	Score   *float32 `parquet:"score,optional"`
	Tags    []string `parquet:"tags,list"`
}

func TestParquetReadsAsItsTextWould(t *testing.T) {
	t.Parallel()
	word, half := "龙, \"井\"", float32(0.1)
	var rows []sold
	for i := range 5000 { // more than a page and a row group
		rows = append(rows, sold{Arm: fmt.Sprint("arm ", i%3), Spend: int64(i), Visits: int32(-i), Minutes: float64(i) / 4})
	}
	rows[1].Note, rows[1].Score = &word, &half
	rows[4999] = sold{Arm: " z ", Bought: true, Spend: -5, Points: 4_000_000_000, Minutes: 29.99, Tags: []string{"x"}}
	for name, codec := range map[string]parquet.WriterOption{
		"snappy": parquet.Compression(&parquet.Snappy), "zstd": parquet.Compression(&parquet.Zstd), "plain": parquet.Compression(&parquet.Uncompressed),
	} {
		var file bytes.Buffer
		w := parquet.NewGenericWriter[sold](&file, codec, parquet.MaxRowsPerRowGroup(2000), parquet.PageBufferSize(512))
		if _, err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		path := fileOf(t, "t.parquet", file.Bytes())
		table, err := OpenTable(path, UTF8)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"arm", "note", "bought", "spend", "visits", "points", "minutes", "score"}
		if diff := cmp.Diff(want, table.Columns); diff != "" {
			t.Error(name, diff)
		}
		if err := table.Close(); err != nil {
			t.Error(err)
		}
		got, err := told(t, path, UTF8, want...)
		if err != nil || len(got) != 5000 {
			t.Fatalf("%s: %d rows, %v", name, len(got), err)
		}
		for i, want := range map[int]string{
			1:    `2:0 arm 1 | 2:0 龙, "井" | 2:0 false | 2:0 0.01 | 2:0 -1 | 2:0 0 | 2:0 0.25 | 2:0 0.1`,
			2:    `3:0 arm 2 | 3:0  | 3:0 false | 3:0 0.02 | 3:0 -2 | 3:0 0 | 3:0 0.5 | 3:0 `,
			4999: `5000:0 z | 5000:0  | 5000:0 true | 5000:0 -0.05 | 5000:0 0 | 5000:0 4000000000 | 5000:0 29.99 | 5000:0 `,
		} {
			if got[i] != want {
				t.Errorf("%s: row %d: got %s, want %s", name, i, got[i], want)
			}
		}

		// A byte turned over among the pages is a fault of the file, never a row.
		broken := bytes.Clone(file.Bytes())
		for i := 100; i < len(broken)/2; i += 97 {
			broken[i] ^= 0x5a
		}
		if got, err := told(t, fileOf(t, "t.parquet", broken), UTF8, "arm", "minutes"); err == nil {
			t.Errorf("%s: %d rows of a broken file", name, len(got))
		}
	}
}

func TestParquetThatIsNotReadIsRefused(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w := parquet.NewGenericWriter[sold](&file, parquet.Compression(&parquet.Lz4Raw))
	if _, err := w.Write([]sold{{Arm: "a"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := told(t, fileOf(t, "t.parquet", file.Bytes()), UTF8, "arm")
	if want := "t.parquet is compressed with LZ4, which is not read"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
