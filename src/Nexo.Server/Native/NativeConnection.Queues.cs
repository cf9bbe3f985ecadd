using Nexo.Engine.Queues;

namespace Nexo.Server.Native;

// What a connection has to do with the queues: what its requests have made deliverable, and what it takes itself.
internal sealed partial class NativeConnection
{
    /// <summary>Queues in which this batch may have made something deliverable. Only for the reading thread.</summary>
    public QueueWork QueueWork { get; } = new();

    /// <summary>What it takes messages of queues with.</summary>
    public ConnectionConsumers Consumers { get; } = new();

    // Nothing can be settled any more: what was not comes back at once, and what was pushed last still goes out.
    private void GiveBackMessages()
    {
        Consumers.Close();
        QueueWork.Run();
    }
}
