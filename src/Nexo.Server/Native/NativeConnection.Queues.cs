using Nexo.Protocol;

namespace Nexo.Server.Native;

// What a connection has to do with the queues: what its requests have made deliverable, and what it takes itself.
internal sealed partial class NativeConnection
{
    private const int GivenBackAtOnceMax = 1_000;

    /// <summary>What it takes messages of queues with.</summary>
    public ConnectionConsumers Consumers { get; } = new();

    /// <summary>The answer that is being written leaves when the disk has what it tells. For the reading thread.</summary>
    public void AwaitDisk(Opcode opcode, uint correlation)
    {
        AwaitLog();
        NoteWritten();
        if (!opcode.IsWrite())
        {
            // Such as a pull that has settled what it gives.
            (_batchReads ??= []).Add(correlation);
        }
    }

    protected override async ValueTask GiveBackAsync()
    {
        if (Consumers.Unsettled > GivenBackAtOnceMax)
        {
            // This thread reads others too.
            await Task.Yield();
        }

        Consumers.Close(_keptLeases);
        _members?.Close();
    }
}
