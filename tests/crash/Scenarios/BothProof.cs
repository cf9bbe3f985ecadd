using Nexo.Crash.Ledger;
using Nexo.Crash.Server;

namespace Nexo.Crash.Scenarios;

/// <summary>Two loads beside each other, on one server and so in one log.</summary>
internal sealed class BothProof(Proof first, Proof second) : Proof
{
    public override long Acknowledged => first.Acknowledged + second.Acknowledged;

    public override long Durable => first.Durable + second.Durable;

    public override long Verified => first.Verified + second.Verified;

    public override long Unknown => first.Unknown + second.Unknown;

    public override IEnumerable<KeyValuePair<string, long>> Facts => [.. first.Facts, .. second.Facts];

    public override void OnStarted(ServerProcess server)
    {
        first.OnStarted(server);
        second.OnStarted(server);
    }

    public override async Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel) =>
        [.. await first.PrepareAsync(port, cancel), .. await second.PrepareAsync(port, cancel)];

    public override Task RunAsync(int port, CancellationToken stop, CancellationToken cancel) =>
        Task.WhenAll(first.RunAsync(port, stop, cancel), second.RunAsync(port, stop, cancel));

    public override IReadOnlyList<Finding> TakeFindings() => [.. first.TakeFindings(), .. second.TakeFindings()];

    public override void Crash()
    {
        first.Crash();
        second.Crash();
    }

    public override async Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel) =>
        [.. await first.VerifyAsync(port, cancel), .. await second.VerifyAsync(port, cancel)];

    public override async Task<IReadOnlyList<Finding>> EndAsync(int port, CancellationToken cancel) =>
        [.. await first.EndAsync(port, cancel), .. await second.EndAsync(port, cancel)];
}
