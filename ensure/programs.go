package ensure

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// programs are what plugins call by a bare name, each in a directory of its own that the
// plugin's PATH begins with: links to the running binary, made when first needed.
type programs struct {
	mutex sync.Mutex
	root  string // "" until then
}

// linkedPrograms are the programs by plugin: the kubeconfig of every cluster runs ptd, and
// eks refuses to work without an aws, which it would only run for a kubeconfig of its own.
// (docs/reference/aws-workload-eks.md 9, 19.1)
var linkedPrograms = map[string]string{"kubernetes": "ptd", "eks": awsProgram}

// directory is where a plugin's programs are, "" if it has none.
func (p *programs) directory(plugin string) (string, error) {
	program := linkedPrograms[plugin]
	if program == "" {
		return "", nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("link %s to this binary for the plugin %s, which runs it: %w", program, plugin, err)
	}
	binary, err := os.Executable()
	if err != nil {
		return fail(err)
	}
	if p.root == "" {
		if p.root, err = os.MkdirTemp("", "ptd-programs-"); err != nil { // for this user alone
			return fail(err)
		}
	}
	directory := filepath.Join(p.root, plugin)
	if err := os.Mkdir(directory, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fail(err)
	}
	if err := os.Symlink(binary, filepath.Join(directory, program)); err != nil && !errors.Is(err, os.ErrExist) {
		return fail(err)
	}
	return directory, nil
}

// close removes the links.
func (p *programs) close() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.root == "" {
		return nil
	}
	if err := os.RemoveAll(p.root); err != nil {
		return fmt.Errorf("remove the links for plugins: %w", err)
	}
	p.root = ""
	return nil
}

// awsProgram is the name under which ptd stands in for the AWS CLI.
const awsProgram = "aws"

// StandIn answers when ptd was started under the name of a program that a plugin wants to
// be there: a main package calls it first, with its os.Args, and exits with the code if it
// answered. As aws, it tells a version that the eks plugin takes, and refuses the rest.
func StandIn(args []string, stdout, stderr io.Writer) (code int, answered bool) {
	if len(args) == 0 || filepath.Base(args[0]) != awsProgram {
		return 0, false
	}
	if len(args) == 2 && args[1] == "--version" {
		if _, err := fmt.Fprintln(stdout, "aws-cli/2.27.0 ptd"); err != nil {
			return 1, true
		}
		return 0, true
	}
	_, _ = fmt.Fprintln(stderr, "this is not the AWS CLI but ptd, which stands in for it so that the eks plugin starts: "+
		"ptd's kubeconfigs run `ptd token`, and nothing of ptd runs aws; use the AWS CLI outside of ptd")
	return 2, true
}
