using Nexo.Engine.Queues;
using Nexo.Protocol;

namespace Nexo.Server.Native;

// What a connection has to do with the queues: what its requests have made deliverable, and what it takes itself.
internal sealed partial class NativeConnection
{
    private const int GivenBackAtOnceMax = 1_000;

    /// <summary>Queues in which this batch may have made something deliverable. Only for the reading thread.</summary>
    public QueueWork QueueWork { get; } = new();

    /// <summary>What it takes messages of queues with.</summary>
    public ConnectionConsumers Consumers { get; } = new();

    /// <summary>The answer that is being written leaves when the disk has what it tells. For the reading thread.</summary>
    public void AwaitDisk(Opcode opcode, uint correlation)
    {
        _batchWaits = true;
        _hasWritten = true;
        if (!opcode.IsWrite())
        {
            // Such as a pull that has settled what it gives.
            (_batchReads ??= []).Add(correlation);
        }
    }

    // Nothing can be settled any more: what was not comes back at once, and what was pushed last still goes out.
    private async ValueTask GiveBackMessagesAsync()
    {
        if (Consumers.Unsettled > GivenBackAtOnceMax)
        {
            // This thread reads others too.
            await Task.Yield();
        }

        Consumers.Close();
        _members?.Close();
        RunTopicWork();
        await FinishFanOutAsync();
        EndWill();
        QueueWork.Run();
    }
}
