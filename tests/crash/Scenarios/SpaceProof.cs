using Nexo.Crash.Ledger;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Scenarios;

/// <summary>A load in a namespace of the server.</summary>
internal sealed class SpaceProof(string name, Proof inner) : Proof
{
    public override long Acknowledged => inner.Acknowledged;

    public override long Durable => inner.Durable;

    public override long Verified => inner.Verified;

    public override long Unknown => inner.Unknown;

    public override IEnumerable<KeyValuePair<string, long>> Facts => inner.Facts;

    public override void OnStarted(ServerProcess server) => inner.OnStarted(server);

    public override Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel) =>
        WithinAsync(() => inner.PrepareAsync(port, cancel));

    public override async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        WireConnection.Namespace = name;
        await inner.RunAsync(port, stop, cancel);
    }

    public override IReadOnlyList<Finding> TakeFindings() => inner.TakeFindings();

    public override void Crash() => inner.Crash();

    public override Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel) =>
        WithinAsync(() => inner.VerifyAsync(port, cancel));

    public override Task<IReadOnlyList<Finding>> EndAsync(int port, CancellationToken cancel) =>
        WithinAsync(() => inner.EndAsync(port, cancel));

    // It ends with this method: who calls it goes on where he was.
    private async Task<IReadOnlyList<Finding>> WithinAsync(Func<Task<IReadOnlyList<Finding>>> work)
    {
        WireConnection.Namespace = name;
        return await work();
    }
}
