namespace Nexo.Bench.Compare.Queues;

/// <summary>Methods of AMQP 0-9-1: the class in the high half, the method's number in the low one.</summary>
internal enum AmqpMethod : uint
{
    ConnectionStart = (10 << 16) | 10,
    ConnectionStartOk = (10 << 16) | 11,
    ConnectionTune = (10 << 16) | 30,
    ConnectionTuneOk = (10 << 16) | 31,
    ConnectionOpen = (10 << 16) | 40,
    ConnectionOpenOk = (10 << 16) | 41,
    ConnectionClose = (10 << 16) | 50,
    ChannelOpen = (20 << 16) | 10,
    ChannelOpenOk = (20 << 16) | 11,
    ChannelClose = (20 << 16) | 40,
    QueueDeclare = (50 << 16) | 10,
    QueueDeclareOk = (50 << 16) | 11,
    BasicQos = (60 << 16) | 10,
    BasicQosOk = (60 << 16) | 11,
    BasicConsume = (60 << 16) | 20,
    BasicConsumeOk = (60 << 16) | 21,
    BasicPublish = (60 << 16) | 40,
    BasicDeliver = (60 << 16) | 60,
    BasicAck = (60 << 16) | 80,
    ConfirmSelect = (85 << 16) | 10,
    ConfirmSelectOk = (85 << 16) | 11,
}
