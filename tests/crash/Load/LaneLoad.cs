using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Load;

/// <summary>
/// Writes without pause on one connection, pipelined, until it is told to stop or the server is gone.
/// </summary>
internal sealed class LaneLoad(Lane lane, OperationMix mix, Random random, LoadOptions options)
{
    private readonly List<Finding> _findings = [];

    /// <summary>Wrong answers; each is given once. Not while it runs.</summary>
    public IReadOnlyList<Finding> TakeFindings()
    {
        IReadOnlyList<Finding> all = [.. _findings];
        _findings.Clear();
        return all;
    }

    /// <summary>
    /// Runs until <paramref name="stop"/>; then waits for the answers that are due. Ends early, with all that was sent
    /// in the ledger, when the connection does.
    /// </summary>
    public async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            while (!stop.IsCancellationRequested)
            {
                await SendSomeAsync(connection, cancel);
                await ReadUntilAsync(connection, random.Next(options.DepthMax / 2), cancel);
            }

            await ReadUntilAsync(connection, 0, cancel);
        }
        catch (WireEndedException)
        {
            // What was in flight stays so in the ledger.
        }
    }

    private async Task SendSomeAsync(WireConnection connection, CancellationToken cancel)
    {
        int count = random.Next(1, options.DepthMax - lane.InFlight + 1);
        for (int i = 0; i < count; i++)
        {
            Operation operation = mix.Next();
            if (operation is ClearOperation)
            {
                await SendAloneAsync(connection, operation, cancel);
                return;
            }

            Write(connection, operation);
        }

        await connection.FlushAsync(cancel);
    }

    // A waiting request may be done among those that follow it: so nothing is under way beside it.
    private async Task SendAloneAsync(WireConnection connection, Operation operation, CancellationToken cancel)
    {
        await connection.FlushAsync(cancel);
        await ReadUntilAsync(connection, 0, cancel);
        Write(connection, operation);
        await connection.FlushAsync(cancel);
        await ReadUntilAsync(connection, 0, cancel);
    }

    private void Write(WireConnection connection, Operation operation)
    {
        // In the ledger first: from the first byte on it may happen.
        lane.Send(operation);
        operation.Correlation = connection.Write(operation.Opcode, operation.Durability, operation.WriteBody);
    }

    private async Task ReadUntilAsync(WireConnection connection, int inFlight, CancellationToken cancel)
    {
        while (lane.InFlight > inFlight)
        {
            Finding? finding = lane.Answer(await connection.ReadAsync(cancel));
            if (finding is not null)
            {
                _findings.Add(finding);
            }
        }
    }
}
