namespace Nexo.Engine.Tests.Queues.Model;

/// <summary>A consumer that waits until a pull is worth trying.</summary>
internal sealed class WaiterDouble
{
    private readonly IDisposable _wait;

    public WaiterDouble(ModelConsumer consumer)
    {
        Consumer = consumer;
        _wait = consumer.Real!.WhenReady(() => Woken++);
    }

    public ModelConsumer Consumer { get; }

    public int Woken { get; private set; }

    public void End() => _wait.Dispose();
}
