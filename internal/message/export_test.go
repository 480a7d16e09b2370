package message

// Compile is a message folder in one language under the zero Options.
func Compile(folder string, files Files) (*Template, error) {
	t, faults := compile(folder, "", files, newScope(Options{}))
	if faults != nil {
		faults.Sort()
		return nil, faults
	}
	return t, nil
}

// Sample and Sparse are the extremes that Check renders, under the zero Options.
func Sample() Bindings { return sample(Options{}, nil) }
func Sparse() Bindings { return sparse(Options{}) }
