package main

import (
	"os"
	"path/filepath"

	"github.com/rewave/rewave/campaigns"
)

// campaignFolders puts those it holds in the place of a folder of campaigns. What
// is neither that nor a campaign stays, for the loader to say what it is.
func campaignFolders(args []string) []string {
	var all []string
	for _, arg := range args {
		within, err := campaigns.Folders(os.DirFS(arg))
		if err != nil || len(within) == 0 || isCampaign(arg) {
			all = append(all, arg)
			continue
		}
		for _, name := range within {
			all = append(all, filepath.Join(arg, name))
		}
	}
	return all
}

func isCampaign(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, campaigns.File))
	return err == nil
}
