package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/rewave/rewave/internal/config"
	"github.com/rewave/rewave/internal/source"
	"github.com/rewave/rewave/rules"
)

// segmentsFolder is where the shop's own named segments stand: beside rewave.yaml.
const segmentsFolder = "segments"

// shelf are the segments that ship.
func shelf() (rules.Library, error) {
	return rules.LoadSegments(rules.Shelf, segmentsFolder, nil, rules.Options{})
}

// segments are the shop's own named segments, and of those that ship the ones it
// has not written itself. Where some have faults, the error is a source.List, and
// the others are there.
func segments(c config.Config) (rules.Library, error) {
	ships, err := shelf()
	if err != nil {
		return nil, err
	}
	root := filepath.Dir(c.File) // "." where there is none
	own, err := rules.LoadSegments(os.DirFS(root), segmentsFolder, ships, rules.Options{Attributes: kinds(c)})
	var faults source.List
	if errors.As(err, &faults) {
		for i := range faults {
			faults[i].File = filepath.ToSlash(filepath.Join(root, faults[i].File))
		}
		return own, faults
	}
	return own, err
}
