package kubernetes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReleaseArgsAreTheSDKs reads the SDK's source instead of importing it, which would
// compile every API of Kubernetes.
func TestReleaseArgsAreTheSDKs(t *testing.T) {
	directory, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi-kubernetes/sdk/v4").Output()
	require.NoError(t, err)
	helm := filepath.Join(strings.TrimSpace(string(directory)), "go", "kubernetes", "helm", "v3")
	for _, compared := range []struct {
		file, name string
		ours       reflect.Type
	}{
		{"release.go", "releaseArgs", reflect.TypeFor[releaseArgs]()},
		{"pulumiTypes.go", "RepositoryOpts", reflect.TypeFor[repositoryOpts]()},
	} {
		theirs := fieldsInSource(t, filepath.Join(helm, compared.file), compared.name)
		ours := map[string]string{}
		for i := range compared.ours.NumField() {
			field := compared.ours.Field(i)
			typ := strings.ReplaceAll(field.Type.String(), "kubernetes.repositoryOpts", "RepositoryOpts")
			ours[field.Tag.Get("pulumi")] = typ
		}
		assert.Equal(t, theirs, ours, compared.name)
	}
}

// fieldsInSource are the types of a struct's fields by their tags.
func fieldsInSource(t *testing.T, file, name string) map[string]string {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	fields := map[string]string{}
	ast.Inspect(source, func(node ast.Node) bool {
		spec, ok := node.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			tag, err := strconv.Unquote(field.Tag.Value)
			require.NoError(t, err)
			fields[reflect.StructTag(tag).Get("pulumi")] = typeText(field.Type)
		}
		return false
	})
	require.NotEmpty(t, fields, "%s has no struct %s", file, name)
	return fields
}

// typeText writes a type as reflect does.
func typeText(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return "*" + typeText(of.X)
	case *ast.ArrayType:
		return "[]" + typeText(of.Elt)
	case *ast.MapType:
		return "map[" + typeText(of.Key) + "]" + typeText(of.Value)
	case *ast.SelectorExpr:
		return typeText(of.X) + "." + of.Sel.Name
	case *ast.Ident:
		return of.Name
	case *ast.InterfaceType:
		return "interface {}"
	}
	return "?"
}
