using Nexo.Crash.Ledger;
using Nexo.Crash.Load;
using Nexo.Protocol;

namespace Nexo.Crash.Scenarios;

/// <summary>Writers of the store with their ledger.</summary>
internal sealed class StoreProof : Proof
{
    private readonly Workload _workload;
    private readonly int _ballastKeys;

    public StoreProof(Random random, Durability serverDefault, LoadOptions options, int ballastKeys)
    {
        Book = new LedgerBook(0, serverDefault);
        _workload = new Workload(Book, random, options);
        _ballastKeys = ballastKeys;
    }

    public LedgerBook Book { get; }

    public override long Acknowledged => Book.Acknowledged;

    public override long Durable => Book.Durable;

    public override long Verified => Book.Verified;

    public override long Unknown => Book.Unknown;

    public override Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel) =>
        _workload.WriteBallastAsync(port, _ballastKeys, cancel);

    public override Task RunAsync(int port, CancellationToken stop, CancellationToken cancel) =>
        _workload.RunAsync(port, stop, cancel);

    public override IReadOnlyList<Finding> TakeFindings() => _workload.TakeFindings();

    public override void Crash() => Book.Crash();

    public override Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel) =>
        Book.VerifyAsync(port, cancel);
}
