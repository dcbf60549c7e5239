"""A cluster in memory comes in; an API server that real clients take for Kubernetes' goes out, and its truth.

    cluster = Cluster()
    deploy(cluster, "target-v1", {"version": "v1"})
    with serve(cluster) as server:
        server.faults.plan(FOLLOWING, Cut(lines=10, octets=3))
        ...  # a client with server.kubeconfig(folder)
        cluster.log(pod, "nginx", line)
        assert what_the_client_has == cluster.lines()

`Cluster` is what is so, `Server` how it is shown: its `faults`, its users' `access`, and the `ledger` of what was sent.
"""
