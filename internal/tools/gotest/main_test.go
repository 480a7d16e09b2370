package main

import (
	"strings"
	"testing"
)

func TestSummaryShowsWhatFailedAndCountsTheRest(t *testing.T) {
	t.Parallel()
	in := `{"Action":"run","Package":"a","Test":"TestGood"}
{"Action":"output","Package":"a","Test":"TestGood","Output":"quiet\n"}
{"Action":"pass","Package":"a","Test":"TestGood"}
{"Action":"output","Package":"a","Test":"TestBad","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"a","Test":"TestBad"}
{"Action":"skip","Package":"a","Test":"TestLater"}
{"Action":"output","Package":"a","Output":"WARNING: DATA RACE\n"}
{"Action":"output","Package":"a","Output":"FAIL\ta\t0.5s\n"}
{"Action":"fail","Package":"a","Elapsed":0.5}
{"ImportPath":"b [b.test]","Action":"build-output","Output":"b.go:1: no\n"}
{"ImportPath":"b [b.test]","Action":"build-fail"}
{"Action":"fail","Package":"b","Elapsed":0,"FailedBuild":"b [b.test]"}
not an event
{"Action":"skip","Package":"none"}
{"Action":"pass","Package":"c","Elapsed":1.25}
`
	want := `FAIL  a TestBad
got 1, want 2
WARNING: DATA RACE
FAIL  a  0.5s
b.go:1: no
FAIL  b  0.0s
not an event
ok    c  1.2s
`
	var out strings.Builder
	n, err := summarise(strings.NewReader(in), &out)
	if err != nil {
		t.Fatal(err)
	}
	if want := (counts{passed: 1, failed: 2, skipped: 1}); n != want {
		t.Errorf("counts: got %+v, want %+v", n, want)
	}
	if got := out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
