package config

import "testing"

// TestFormsCompile uses every format once: a pattern is compiled when it is first used.
func TestFormsCompile(t *testing.T) {
	for name, check := range checks {
		if problem, _ := check(""); problem == "" {
			t.Errorf("%s takes a text that is none", name)
		}
	}
	for name, compiled := range map[string]func() bool{
		"awsName": func() bool { return awsName().MatchString("demo01") }, "armFamily": func() bool { return armFamily().MatchString("t4g.large") },
		"awsTag": func() bool { return awsTag().MatchString("a b") }, "labelPrefix": func() bool { return labelPrefix().MatchString("posit.team") },
	} {
		if !compiled() {
			t.Errorf("%s refuses what it is for", name)
		}
	}
}
