package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/grpc"

	"github.com/ptd-go/ptd/providers/postgresql"
	"github.com/ptd-go/ptd/providers/postgresql/postgresqltest"
	"github.com/ptd-go/ptd/providers/sandbox"
	sandboxeks "github.com/ptd-go/ptd/providers/sandbox/eks"
	sandboxkubernetes "github.com/ptd-go/ptd/providers/sandbox/kubernetes"
	sandboxpostgresql "github.com/ptd-go/ptd/providers/sandbox/postgresql"
	"github.com/ptd-go/ptd/stacks/config"
)

// The stand-ins for the real plugins and for what they reach: processes of their own, with
// a world of their own in this directory, and what happens to them in its plugins.log.
const standInDirectory = "STAND_IN_DIRECTORY"

// What the stand-ins let in.
const (
	realToken    = "token-of-the-real-cluster"
	realPassword = "password-of-the-real-server"
)

// standIn is a provider of the sandbox in a process of its own, as a real plugin is.
type standIn struct {
	plugin.Provider
	name string
}

// standInMain is the main function of a plugin.
func standInMain(name string) func() {
	return func() {
		if err := serveStandIn(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func serveStandIn(name string) error {
	cloud, err := sandbox.Open(os.Getenv(standInDirectory), reached())
	if err != nil {
		return err
	}
	interrupted, stop := make(chan os.Signal, 1), make(chan bool)
	signal.Notify(interrupted, os.Interrupt)
	provider := &standIn{name: name}
	switch name {
	case "eks":
		provider.Provider = sandboxeks.New()
	case "kubernetes":
		provider.Provider = sandboxkubernetes.With(sandboxkubernetes.Options{SiteSchema: config.SiteDefinition, PodsRun: true})(cloud)
	case "postgresql":
		provider.Provider = sandboxpostgresql.New(cloud)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Cancel: stop, Init: func(server *grpc.Server) error {
		pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(provider))
		return nil
	}})
	if err != nil {
		return err
	}
	provider.note("start")
	fmt.Println(handle.Port)
	<-interrupted
	return cloud.Close()
}

// note writes a line into the log of the stand-ins.
func (s *standIn) note(format string, arguments ...any) {
	noteIn(filepath.Join(os.Getenv(standInDirectory), "plugins.log"), s.name+" "+fmt.Sprintf(format, arguments...))
}

func noteIn(log, line string) {
	file, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(file, line)
	}
	if err != nil {
		panic(err)
	}
	file.Close()
}

// Configure implements plugin.Provider.
func (s *standIn) Configure(ctx context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	inputs := sandbox.Inputs(sandbox.PlainMap(r.Inputs))
	switch s.name {
	case "kubernetes":
		kubeconfig, _ := inputs.Text("kubeconfig")
		server, err := sandboxkubernetes.Server(inputs)
		if err != nil || !strings.Contains(kubeconfig, realToken) {
			return plugin.ConfigureResponse{}, fmt.Errorf("%s: who are you? %w", server, err)
		}
		s.note("configure %s", server)
	case "postgresql":
		s.note("configure %v@%v:%v/%v %v superuser=%v", inputs["username"], inputs["host"], inputs["port"], inputs["database"],
			inputs["sslmode"], inputs["superuser"])
	}
	return s.Provider.Configure(ctx, r)
}

// Create implements plugin.Provider.
func (s *standIn) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	s.noteAnnotations("create", r.Preview, r.URN, r.Properties)
	return s.Provider.Create(ctx, r)
}

// Delete implements plugin.Provider.
func (s *standIn) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	s.noteAnnotations("delete", false, r.URN, r.Inputs)
	return s.Provider.Delete(ctx, r)
}

// noteAnnotations notes an operation, and what the plugin is not to wait for.
func (s *standIn) noteAnnotations(operation string, preview bool, urn resource.URN, inputs resource.PropertyMap) {
	if preview {
		return
	}
	text := operation + " " + string(urn.Type())
	for _, name := range []string{"pulumi.com/skipAwait", "pulumi.com/waitFor"} {
		if value, ok := sandbox.Inputs(sandbox.PlainMap(inputs)).Map("metadata").Map("annotations").Text(name); ok {
			text += " " + name + "=" + value
		}
	}
	s.note("%s", text)
}

// reached are the servers that the stand-ins reach.
func reached() *sandbox.Package {
	return &sandbox.Package{Name: "stand-in", Types: map[string]sandbox.Type{
		"stand-in:index:Cluster": {Serves: &sandbox.Serves{Cluster: func(cloud *sandbox.Cloud, object *sandbox.Object) sandbox.Cluster {
			return reachedCluster{cloud, object.ID}
		}}},
		"stand-in:index:Server": {Serves: &sandbox.Serves{Database: func(_ *sandbox.Cloud, object *sandbox.Object) *sandbox.Database {
			return &sandbox.Database{
				Address: object.ID, Username: "postgres", Password: func() (string, error) { return realPassword, nil },
				Roles: []string{"rds_superuser"}, Extensions: []string{"pg_trgm", "uuid-ossp", "pg_stat_statements", "pgcrypto"},
			}
		}}},
	}}
}

// reachedCluster is a cluster that lets everybody in and has controllers, at an address.
type reachedCluster struct {
	cloud   *sandbox.Cloud
	address string
}

func (c reachedCluster) Endpoint() string                      { return c.address }
func (reachedCluster) Is(string) bool                          { return true }
func (reachedCluster) Enter(string, *sandbox.Credential) error { return nil }
func (reachedCluster) Provides(string, string) map[string]any  { return nil }

func (reachedCluster) ShutsOut(string, string, map[string]any) []string { return nil }

func (reachedCluster) Assume(sandbox.Inputs, string) string { return "" }
func (reachedCluster) Balance(sandbox.Inputs) string        { return "" }
func (reachedCluster) Address(name string) map[string]any {
	return map[string]any{"hostname": name + ".example.com"}
}

// Defines implements sandbox.Cluster: somebody has put the definitions of the group there.
func (c reachedCluster) Defines(group string) bool {
	return c.cloud.Object(sandbox.Key(definitionType, "", "", group)) != nil
}

// definitionType is that of what tells that the definitions of a group are in the cluster.
const definitionType = "stand-in:index:Definition"

// realWorld file starts what the stand-ins reach, an API server and a database server, whose
// addresses are REAL_SERVER and REAL_DATABASES, and writes the kubeconfig of the former.
func realWorld(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: real file")
	}
	directory := ts.Getenv(standInDirectory)
	ts.Check(os.MkdirAll(directory, 0o700))
	cloud, err := sandbox.Open(directory, reached())
	ts.Check(err)
	server := httptest.NewTLSServer(&apiServer{cloud, filepath.Join(directory, "plugins.log")})
	databases, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { server.Close(); databases.Close(); _ = cloud.Close() })
	postgresqltest.Serve(databases, realPassword, func() (*postgresql.Contents, error) {
		return sandboxpostgresql.Servers(cloud).Contents(context.Background(), "127.0.0.1", "postgres", realPassword)
	})
	ts.Check(cloud.Do(func() error { // written at once: the plugins are other processes
		return errors.Join(
			cloud.Put(&sandbox.Object{Provider: "stand-in", Type: "stand-in:index:Cluster", ID: server.URL, External: true}),
			cloud.Put(&sandbox.Object{Provider: "stand-in", Type: "stand-in:index:Server", ID: "127.0.0.1", External: true}))
	}))
	certificate := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: local
clusters: [{name: local, cluster: {server: %q, certificate-authority-data: %s}}]
contexts: [{name: local, context: {cluster: local, user: local}}]
users: [{name: local, user: {token: %s}}]
`, server.URL, certificate, realToken), 0o600))
	ts.Setenv("REAL_SERVER", server.URL)
	ts.Setenv("REAL_DATABASES", databases.Addr().String())
}

// servedKinds are the kinds of which ptd itself makes objects, by the path of their group.
var servedKinds = map[string]map[string]string{
	"/apis/storage.k8s.io/v1":       {"name": "storageclasses", "kind": "StorageClass"},
	"/apis/apiextensions.k8s.io/v1": {"name": "customresourcedefinitions", "kind": "CustomResourceDefinition"},
}

// apiServer is as much of a Kubernetes API as ptd itself asks.
type apiServer struct {
	cloud *sandbox.Cloud
	log   string
}

// ServeHTTP implements http.Handler.
func (a *apiServer) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	refuse := func(code int, message string) {
		answer.WriteHeader(code)
		_ = json.NewEncoder(answer).Encode(map[string]any{"kind": "Status", "message": message})
	}
	if request.Header.Get("Authorization") != "Bearer "+realToken {
		refuse(http.StatusUnauthorized, "Unauthorized")
		return
	}
	parts := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	if request.Method == http.MethodPost {
		var object struct {
			Kind string
			Spec struct{ Group string }
		}
		err := json.NewDecoder(request.Body).Decode(&object)
		if err == nil && object.Kind == "CustomResourceDefinition" {
			err = a.cloud.Do(func() error {
				return a.cloud.Put(&sandbox.Object{Provider: "stand-in", Type: definitionType, ID: object.Spec.Group, External: true})
			})
		}
		if err != nil {
			refuse(http.StatusBadRequest, err.Error())
			return
		}
		noteIn(a.log, "api make "+object.Kind)
		answer.WriteHeader(http.StatusCreated)
		return
	}
	if kind, ok := servedKinds[request.URL.Path]; ok {
		_ = json.NewEncoder(answer).Encode(map[string]any{"resources": []any{kind}})
		return
	}
	if parts[len(parts)-1] == "secrets" {
		a.records(answer, parts[len(parts)-2], request.URL.Query().Get("labelSelector"))
		return
	}
	chart := slices.Contains(parts, "helmcharts")
	id := parts[len(parts)-3] + "/" + strings.TrimPrefix(parts[len(parts)-1], "helm-install-")
	var status, spec any
	err := a.cloud.Do(func() error {
		for _, object := range a.cloud.OfType("kubernetes:helm.cattle.io/v1:HelmChart") {
			if object.ID == id {
				status, spec = object.Get("status"), object.Get("spec")
			}
		}
		return nil
	})
	switch {
	case err != nil:
		refuse(http.StatusInternalServerError, err.Error())
	case status == nil:
		refuse(http.StatusNotFound, id+" not found")
	case chart:
		_ = json.NewEncoder(answer).Encode(map[string]any{"status": status, "spec": spec})
	default:
		_ = json.NewEncoder(answer).Encode(map[string]any{"status": map[string]any{
			"conditions": []any{map[string]any{"type": "Complete", "status": "True"}},
		}})
	}
}

// records answers with what Helm has of a release, which the selector names.
func (a *apiServer) records(answer http.ResponseWriter, namespace, selector string) {
	_, named, _ := strings.Cut(selector, "name=")
	release, _, _ := strings.Cut(named, ",")
	found := []any{}
	err := a.cloud.Do(func() error {
		for _, object := range a.cloud.OfType("kubernetes:core/v1:Secret") {
			if object.ID == namespace+"/sh.helm.release.v1."+release {
				found = append(found, map[string]any{})
			}
		}
		return nil
	})
	if err != nil {
		answer.WriteHeader(http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(answer).Encode(map[string]any{"items": found})
}

// started writes how many processes of each stand-in there were, and forgets the log.
func started(ts *testscript.TestScript, neg bool, args []string) {
	path := filepath.Join(ts.Getenv(standInDirectory), "plugins.log")
	content := ts.ReadFile(path)
	for _, want := range args {
		name, number, _ := strings.Cut(want, "=")
		if n := strings.Count("\n"+content, "\n"+name+" start\n"); fmt.Sprint(n) != number {
			ts.Fatalf("%d processes of %s were started:\n%s", n, name, content)
		}
	}
	ts.Check(os.Rename(path, ts.MkAbs("plugins.log")))
}
