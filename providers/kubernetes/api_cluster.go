package kubernetes

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// APICluster is a cluster behind its API server.
type APICluster struct {
	client *http.Client
	server string
}

// Cluster reaches the cluster that a context leads to. program is the path of ptd, which a
// user of the kubeconfig may run by that name to get its credential.
func (k *Kubeconfig) Cluster(context, program string) (*APICluster, error) {
	alone := k.only(context)
	for _, user := range alone.AuthInfos {
		if user.Exec != nil && user.Exec.Command == "ptd" {
			user.Exec.Command = program
		}
	}
	settings, err := clientcmd.NewDefaultClientConfig(*alone, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("reach the cluster of context %q of the kubeconfig %s: %w", context, k.path, err)
	}
	client, err := rest.HTTPClientFor(settings)
	if err != nil {
		return nil, fmt.Errorf("reach the cluster of context %q of the kubeconfig %s: %w", context, k.path, err)
	}
	return &APICluster{client: client, server: strings.TrimSuffix(settings.Host, "/")}, nil
}

// What the Helm controller says of a HelmChart, and Kubernetes of the controller's Job.
type (
	helmChart struct {
		Spec   struct{ TargetNamespace string }
		Status struct {
			JobName    string
			Conditions []condition
		}
	}
	job struct {
		Status struct{ Conditions []condition }
	}
	condition struct{ Type, Status, Reason, Message string }
)

// find returns the condition of a type that is true, nil when there is none.
func find(conditions []condition, typ string) *condition {
	for _, found := range conditions {
		if found.Type == typ && found.Status == "True" {
			return &found
		}
	}
	return nil
}

// Chart implements Cluster. The controller makes a Job for an installation and notes its
// name; it notes a failure where the chart's failurePolicy makes it give up. A Job that
// fails otherwise is tried again. (docs/reference/aws-workload-apps.md 8)
func (c *APICluster) Chart(ctx context.Context, namespace, name string) (ChartStatus, error) {
	var chart helmChart
	if found, err := c.get(ctx, "/apis/helm.cattle.io/v1/namespaces/"+namespace+"/helmcharts/"+name, &chart); err != nil {
		return ChartStatus{}, err
	} else if !found {
		return ChartStatus{}, fmt.Errorf("chart %s/%s: %w", namespace, name, ErrNotFound)
	}
	if failed := find(chart.Status.Conditions, "Failed"); failed != nil {
		return ChartStatus{State: ChartFailed, Message: strings.TrimSpace(failed.Message)}, nil
	}
	if chart.Status.JobName == "" {
		return ChartStatus{State: ChartPending, Message: fmt.Sprintf("no Helm controller has begun to install it in namespace %s", namespace)}, nil
	}
	var installation job
	found, err := c.get(ctx, "/apis/batch/v1/namespaces/"+namespace+"/jobs/"+chart.Status.JobName, &installation)
	switch {
	case err != nil:
		return ChartStatus{}, err
	case !found:
		return ChartStatus{State: ChartPending, Message: fmt.Sprintf("its job %s/%s is not there yet", namespace, chart.Status.JobName)}, nil
	case find(installation.Status.Conditions, "Complete") != nil:
		return c.installed(ctx, cmp.Or(chart.Spec.TargetNamespace, namespace), name)
	}
	message := fmt.Sprintf("its job %s/%s has not ended", namespace, chart.Status.JobName)
	if failed := find(installation.Status.Conditions, "Failed"); failed != nil {
		message = fmt.Sprintf("its job %s/%s failed: %s", namespace, chart.Status.JobName, failed.Message)
	}
	return ChartStatus{State: ChartPending, Message: message}, nil
}

// installed tells whether Helm has the release that a job has installed: it keeps what it has in
// Secrets with its labels (helm.sh/helm/v3/pkg/storage/driver/secrets.go).
func (c *APICluster) installed(ctx context.Context, namespace, release string) (ChartStatus, error) {
	var records struct{ Items []struct{} }
	query := url.Values{"limit": {"1"}, "labelSelector": {"owner=helm,name=" + release + ",status notin (uninstalled,uninstalling)"}}
	if _, err := c.get(ctx, "/api/v1/namespaces/"+namespace+"/secrets?"+query.Encode(), &records); err != nil {
		return ChartStatus{}, err
	}
	if len(records.Items) == 0 {
		return ChartStatus{State: ChartUninstalled, Message: fmt.Sprintf("Helm has no release %s in namespace %s", release, namespace)}, nil
	}
	return ChartStatus{State: ChartInstalled}, nil
}

// Reinstall implements Cluster. The controller makes the Job of an installation anew when it is
// gone (helm-controller, pkg/controllers/chart/chart.go: it watches what it owns).
func (c *APICluster) Reinstall(ctx context.Context, namespace, name string) error {
	var chart helmChart
	if found, err := c.get(ctx, "/apis/helm.cattle.io/v1/namespaces/"+namespace+"/helmcharts/"+name, &chart); err != nil {
		return err
	} else if !found {
		return fmt.Errorf("chart %s/%s: %w", namespace, name, ErrNotFound)
	}
	path := "/apis/batch/v1/namespaces/" + namespace + "/jobs/" + chart.Status.JobName
	status, content, err := c.ask(ctx, http.MethodDelete, path+"?propagationPolicy=Background", nil)
	if err == nil && status != http.StatusOK && status != http.StatusAccepted && status != http.StatusNotFound {
		err = refusal(status, content, "delete "+path)
	}
	return err
}

// Object implements Cluster.
func (c *APICluster) Object(ctx context.Context, apiVersion, kind, namespace, name string) (Marks, error) {
	id := strings.TrimPrefix(namespace+"/"+name, "/")
	path, err := c.path(ctx, apiVersion, kind, namespace)
	if err != nil {
		return Marks{}, fmt.Errorf("read %s %s: %w", kind, id, err)
	}
	var object struct{ Metadata Marks }
	if found, err := c.get(ctx, path+"/"+name, &object); err != nil {
		return Marks{}, err
	} else if !found {
		return Marks{}, fmt.Errorf("%s %s: %w", kind, id, ErrNotFound)
	}
	return object.Metadata, nil
}

// get reads an object; found is false when there is none, also when the server has no such
// kind.
func (c *APICluster) get(ctx context.Context, path string, object any) (found bool, err error) {
	status, content, err := c.ask(ctx, http.MethodGet, path, nil)
	switch {
	case err != nil:
		return false, err
	case status == http.StatusNotFound:
		return false, nil
	case status != http.StatusOK:
		return false, refusal(status, content, "read "+path)
	}
	if err := json.Unmarshal(content, object); err != nil {
		return false, fmt.Errorf("read %s of the Kubernetes API: %w", path, err)
	}
	return true, nil
}

// Provide makes an object unless there is one of its name.
func (c *APICluster) Provide(ctx context.Context, object map[string]any) error {
	whole := unstructured.Unstructured{Object: object}
	attempted := fmt.Sprintf("make %s %s", whole.GetKind(), whole.GetName())
	path, err := c.path(ctx, whole.GetAPIVersion(), whole.GetKind(), whole.GetNamespace())
	if err != nil {
		return fmt.Errorf("%s: %w", attempted, err)
	}
	content, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("%s: %w", attempted, err)
	}
	status, answer, err := c.ask(ctx, http.MethodPost, path, content)
	if err == nil && status != http.StatusCreated && status != http.StatusConflict {
		err = refusal(status, answer, attempted)
	}
	return err
}

// path is where the objects of a kind are, in a namespace or "" for none. It is ErrNotFound
// when the server has no such kind.
func (c *APICluster) path(ctx context.Context, apiVersion, kind, namespace string) (string, error) {
	group := "/apis/" + apiVersion
	if !strings.Contains(apiVersion, "/") {
		group = "/api/" + apiVersion
	}
	var served struct{ Resources []struct{ Name, Kind string } }
	if _, err := c.get(ctx, group, &served); err != nil {
		return "", err
	}
	for _, resource := range served.Resources {
		if resource.Kind != kind || strings.Contains(resource.Name, "/") {
			continue // of another kind, or a part of one
		}
		if namespace != "" {
			group += "/namespaces/" + namespace
		}
		return group + "/" + resource.Name, nil
	}
	return "", fmt.Errorf("the kind %s of %s: %w", kind, apiVersion, ErrNotFound)
}

func (c *APICluster) ask(ctx context.Context, method, path string, body []byte) (status int, content []byte, err error) {
	fail := func(err error) (int, []byte, error) {
		return 0, nil, fmt.Errorf("ask the Kubernetes API at %s for %s: %w", c.server, path, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return fail(err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		return fail(err)
	}
	defer response.Body.Close()
	if content, err = io.ReadAll(response.Body); err != nil {
		return fail(err)
	}
	return response.StatusCode, content, nil
}

// refusal is an answer that is none, in the words of the API.
func refusal(status int, content []byte, attempted string) error {
	var said struct{ Message string }
	if err := json.Unmarshal(content, &said); err != nil || said.Message == "" {
		said.Message = "it gives no reason"
	}
	return fmt.Errorf("%s: the Kubernetes API answers %d: %s", attempted, status, said.Message)
}
